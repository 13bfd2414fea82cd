import type { ServerFrame } from "#core/ipc/frames.ts";
import type { LibraryEntry } from "#core/ipc/library-methods.ts";
import { methodParams } from "#core/ipc/methods.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId, EpochMs, NodePath, RunId } from "#core/model/id.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { Plan } from "./window-fixture-data.ts";
import { PLANS, fixtureAgent, largePlan } from "./window-fixture-data.ts";
import { FixtureRun } from "./window-fixture-run.ts";

const STEP_MS = 100;
const PAIRING_CODE = "K7M-2QX";
const BROKEN: WorkflowProblem = {
  severity: "error",
  file: "broken.yaml",
  line: 7,
  column: 5,
  code: "unknown-key",
  message: "A task does not know the key `comand`.",
  suggestion: "`run`",
};

const WARNED: WorkflowProblem = {
  ...BROKEN,
  severity: "warning",
  line: 9,
  code: "concurrent-writes",
  message: "“copy” and “check” may run at once, and both write the variable “last”.",
  suggestion: null,
};

class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Watch {
  readonly topic: string;
  version: number;
  sent: string;
  readonly send: (frame: ServerFrame) => void;
}

/** A fleet, a library and runs, and how the protocol answers about them. */
export class FixtureWorld {
  readonly agents = new Map<AgentId, NodeInfo>();
  readonly runs = new Map<RunId, FixtureRun>();
  readonly #plans: readonly Plan[] = [...PLANS, largePlan(2_000), largePlan(10_000)];
  readonly #watches = new Set<Watch>();
  readonly #timer = setInterval(() => this.#step(), STEP_MS);
  #nextRun = 1;
  #localAgents = 0;

  constructor(isEmpty: boolean) {
    const now = Date.now();
    const names = isEmpty ? [] : (["desk", "studio", "render-2", "工作室"] as const);
    for (const [ordinal, name] of names.entries())
      this.#put(fixtureAgent(name, ordinal, [4, 12, 8, 4][ordinal] ?? 4, now));
    if (!isEmpty) {
      this.#localAgents = 1;
      const away = fixtureAgent("attic", 4, 2, now - 3_600_000);
      this.#put({
        ...away,
        status: "offline",
        reason: "No heartbeat since it was switched off.",
        load: null,
        latencyMs: null,
      });
    }
    this.#put(fixtureAgent("kitchen", -1, 4, now));
    this.#put(fixtureAgent("lab-07", -1, 8, now));
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  answer(id: number, method: string, params: unknown): ServerFrame {
    try {
      return { kind: "reply", id, ok: true, result: this.#handle(method, params) };
    } catch (error) {
      const code = error instanceof Refusal ? error.code : "internal";
      return { kind: "failure", id, error: { code, message: error instanceof Error ? error.message : String(error) } };
    }
  }

  watch(topic: string, send: (frame: ServerFrame) => void): () => void {
    const found = this.#topic(topic, false);
    if (found === null) {
      send({ kind: "topic-gone", topic, error: { code: "not-found", message: `There is no ${topic}.` } });
      return () => undefined;
    }
    const watch: Watch = { topic, version: 1, sent: JSON.stringify(found), send };
    this.#watches.add(watch);
    send({ kind: "snapshot", topic, version: 1, head: found.head, items: [...found.items] });
    return () => this.#watches.delete(watch);
  }

  start(name: string, ageMs = 0): FixtureRun {
    const plan = this.#plans.find((one) => one.name === name);
    if (plan === undefined) throw new Refusal("not-found", `There is no workflow ${name}.`);
    const id = `r-${String(this.#nextRun++).padStart(4, "0")}-${name}` as RunId;
    const run = new FixtureRun(id, plan, Date.now() - ageMs);
    this.runs.set(id, run);
    return run;
  }

  /** Starts a run and plays it to its end, or as far as `untilMs`, at once. */
  play(name: string, ageMs: number, untilMs: number): FixtureRun {
    const run = this.start(name, ageMs);
    const agents = [...this.agents.values()];
    for (let at = 0; at < untilMs; at += STEP_MS) run.step(run.head.createdAt + at, STEP_MS, agents, this.#load([run]));
    return run;
  }

  #handle(method: string, given: unknown): unknown {
    const now = Date.now();
    switch (method) {
      case "hello":
        return { version: 1, appId: "7f3a9c0e51b2d684", appName: "desk", product: "Lanweave 0.1.0" };
      case "library.list":
        return this.#library();
      case "library.read":
        return this.#read(methodParams["library.read"].parse(given).source);
      case "run.start": {
        const { source } = methodParams["run.start"].parse(given);
        if (source.kind === "built") throw new Refusal("invalid", "The window starts what is in files.");
        return { run: this.start(source.kind === "library" ? source.name : source.file).id };
      }
      case "fleet.start-local":
        this.#localAgents += 1;
        this.#put(fixtureAgent("desk", this.#nextOrdinal(), 4, now));
        return { agents: [] };
      case "fleet.pair": {
        const { target, code } = methodParams["fleet.pair"].parse(given);
        const agent = this.#agent(target);
        if (code.toUpperCase() !== PAIRING_CODE) throw new Refusal("wrong-code", "The code does not match.");
        this.#put(fixtureAgent(agent.name, this.#nextOrdinal(), 6, now));
        return { agent: agent.id, name: agent.name, fingerprint: agent.fingerprint };
      }
      case "fleet.unpair": {
        const agent = this.#agent(methodParams["fleet.unpair"].parse(given).target);
        this.#put(fixtureAgent(agent.name, -1, 4, now));
        return { agent: agent.id };
      }
      case "fleet.drain": {
        const { target, draining } = methodParams["fleet.drain"].parse(given);
        this.#put({ ...this.#agent(target), draining });
        return { agent: target };
      }
      default:
        return this.#handleRun(method, given, now);
    }
  }

  #handleRun(method: string, given: unknown, now: number): unknown {
    const { run: id, path } = methodParams["run.cancel"].parse(given);
    const run = this.runs.get(id as RunId);
    if (run === undefined) throw new Refusal("not-found", `There is no run ${id}.`);
    const node = path as NodePath | undefined;
    if (method === "run.pause") run.pause(methodParams["run.pause"].parse(given).mode, now);
    else if (method === "run.resume") run.resume(now);
    else if (method === "run.cancel" && node === undefined) run.cancel(now);
    else if (node === undefined) throw new Refusal("wrong-use", `${method} needs a path.`);
    else if (method === "run.approve")
      run.end(node, methodParams["run.approve"].parse(given).approved ? "completed" : "failed", now);
    else if (method === "run.complete") run.end(node, "completed", now);
    else if (method === "run.skip") run.end(node, "skipped", now);
    else if (method === "run.cancel") run.end(node, "cancelled", now);
    else throw new Refusal("not-here", `The fixture does not play ${method}.`);
    this.#publish();
    return { seq: run.head.seq };
  }

  #library(): readonly LibraryEntry[] {
    const last = (name: string) =>
      [...this.runs.values()].reverse().find((run) => run.plan.name === name)?.head ?? null;
    const entries = this.#plans.map((plan): LibraryEntry => ({
      name: plan.name,
      title: plan.title,
      description: plan.description,
      nodeCount: plan.nodes.length,
      source: { kind: "library", name: plan.name },
      problems: [],
      lastRun: last(plan.name),
    }));
    const broken: LibraryEntry = {
      name: "broken",
      title: "Nightly backup",
      description: "Copies an archive to three machines.",
      nodeCount: 3,
      source: { kind: "library", name: "broken" },
      problems: [BROKEN, WARNED],
      lastRun: null,
    };
    return [...entries, broken];
  }

  #read(source: { readonly kind: "file" | "library"; readonly name?: string; readonly file?: string }): unknown {
    const plan = this.#plans.find((one) => one.name === source.name);
    if (plan === undefined)
      return { text: "lanweave: 1\nname: broken\n", problems: [BROKEN, WARNED], inputs: null, preview: null };
    const run = new FixtureRun("preview" as RunId, plan, 0);
    const required = Object.keys(plan.inputs).filter((name) => name === "version");
    const preview = { ...run.head, kind: "run", nodes: run.nodes() };
    return { text: plan.source, problems: [], inputs: { type: "object", properties: plan.inputs, required }, preview };
  }

  #topic(topic: string, changesOnly: boolean): { head: unknown; items: readonly unknown[] } | null {
    const [kind, id = "", path = ""] = topic.split(":");
    const run = this.runs.get(id as RunId);
    if (kind === "fleet") {
      const head = { appId: "7f3a9c0e51b2d684", appName: "desk", machine: "desk", localAgents: this.#localAgents };
      return { head, items: [...this.agents.values()] };
    }
    if (kind === "runs") return { head: null, items: [...this.runs.values()].map((one) => one.head) };
    if (kind === "run" && run !== undefined) {
      const nodes = changesOnly ? run.nodes().filter((node) => run.changed.has(node.path)) : run.nodes();
      return { head: run.head, items: nodes };
    }
    const entry = run?.entries.get(path as NodePath);
    if (kind !== "log" || entry === undefined) return null;
    const text = entry.plan.prints?.(entry.node.path) ?? `starting ${path}\nworking…\n`;
    const items = entry.node.attempt === 0 ? [] : [{ offset: 0, stream: "stdout", text }];
    return { head: { run: id, path, attempt: entry.node.attempt, sizeBytes: text.length, complete: false }, items };
  }

  #step(): void {
    const now = Date.now();
    const active = [...this.runs.values()];
    const running = this.#load(active);
    for (const run of active) run.step(now, STEP_MS, [...this.agents.values()], running);
    const loaded = this.#load(active);
    for (const agent of this.agents.values()) {
      if (!agent.paired || agent.status === "offline") continue;
      const count = loaded.get(agent.id) ?? 0;
      const slots = agent.capabilities?.slots ?? 1;
      this.#put({
        ...agent,
        running: count,
        load: 0.04 + count / slots,
        status: count >= slots ? "busy" : "online",
        lastHeartbeat: now as EpochMs,
      });
    }
    this.#publish();
  }

  #publish(): void {
    for (const watch of this.#watches) {
      const found = this.#topic(watch.topic, true);
      const text = JSON.stringify(found);
      if (found === null || text === watch.sent) continue;
      watch.sent = text;
      watch.version += 1;
      watch.send({
        kind: "patch",
        topic: watch.topic,
        version: watch.version,
        head: found.head,
        upsert: [...found.items],
        remove: [],
      });
    }
    for (const run of this.runs.values()) run.changed.clear();
  }

  #load(runs: readonly FixtureRun[]): Map<AgentId, number> {
    const running = new Map<AgentId, number>();
    for (const run of runs) {
      for (const node of run.nodes()) {
        if (node.agent === null || (node.state !== "running" && node.state !== "suspended")) continue;
        running.set(node.agent, (running.get(node.agent) ?? 0) + 1);
      }
    }
    return running;
  }

  #agent(target: string): NodeInfo {
    const found = [...this.agents.values()].find(
      (agent) => agent.id === target || agent.name === target || agent.addresses.includes(target),
    );
    if (found === undefined) throw new Refusal("unreachable", `Nothing answers at ${target}.`);
    return found;
  }

  #nextOrdinal(): number {
    return Math.max(-1, ...[...this.agents.values()].map((agent) => agent.ordinal)) + 1;
  }

  #put(agent: NodeInfo): void {
    this.agents.set(agent.id, agent);
  }
}
