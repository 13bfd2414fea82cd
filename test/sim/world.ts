import { isDeepStrictEqual } from "node:util";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import type { Moment } from "#core/engine/decision.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId, EpochMs, RunId } from "#core/model/id.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import { App } from "./app.ts";
import { Chance } from "./chance.ts";
import { toErrand } from "./errands.ts";
import { Machine } from "./machine.ts";
import { Violation } from "./naive-course.ts";
import { NaiveRun } from "./naive.ts";
import { isFinal, type NaiveNode } from "./naive-node.ts";
import { Network } from "./network.ts";
import type { Fault, Intent, Scenario } from "./scenario.ts";
import { filesOf, toFile } from "./to-file.ts";
import { SOON, VirtualTime } from "./virtual-time.ts";

/** Turns of the microtask queue after each step: longer than any chain of promises of the coordinator or an agent. */
const MICRO_TURNS = 10;
const BY = "sim";

/** Refusals that nothing here gives cause for. */
const MUST_NOT_HAPPEN = new Set(["internal", "invalid", "invalid-workflow", "invalid-inputs"]);

function libraryOf({ runs }: Scenario): ReadonlyMap<string, string> {
  const files = runs.flatMap(({ definition, askedMs }, index) =>
    askedMs === null
      ? []
      : [
          [`${String(index)}/top`, JSON.stringify(toFile(definition))] as const,
          ...[...filesOf(definition)].map(([name, text]) => [`${String(index)}/${name}`, text] as const),
        ],
  );
  return new Map(files);
}

/** A whole LAN in one process: the app's machine, the machines of its agents, and the network between them. */
export class World {
  readonly time = new VirtualTime();
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly network: Network;
  readonly machines: readonly Machine[];
  readonly app: App;
  readonly runs = new Map<string, NaiveRun>();
  readonly log: string[] = [];
  violation: Violation | null = null;
  events = 0;
  steps = 0;
  readonly #isLogging: boolean;
  readonly #isAsking: boolean;

  constructor(scenario: Scenario, isLogging: boolean) {
    this.scenario = scenario;
    this.#isLogging = isLogging;
    this.#isAsking = scenario.runs.some(({ askedMs }) => askedMs !== null);
    this.chance = new Chance(`world ${String(scenario.seed)}`);
    const { time, chance } = this;
    const note = (text: string): void => this.note(text);
    this.network = new Network(time, chance.fork("network"), scenario.network, (message) => this.#heard(message));
    const luck = chance.fork("luck");
    this.machines = scenario.machines.map(
      (plan, index) =>
        new Machine({
          ...plan,
          index,
          time,
          chance: chance.fork(`machine ${String(index)}`),
          network: this.network,
          toErrand: (spec) => toErrand(luck, scenario.luck, spec),
          note,
        }),
    );
    this.app = new App({
      time,
      chance: chance.fork("app"),
      network: this.network,
      machines: this.machines,
      library: libraryOf(scenario),
      note,
      appended: (events) => this.#appended(events),
      sent: (agent, message) => this.#sent(agent, message),
      complained: (message) => this.#complained(message),
    });
  }

  note(text: string): void {
    if (this.#isLogging) this.log.push(`${this.time.nowMs.toFixed(1).padStart(9)}  ${text}`);
  }

  fail(rule: string, message: string): void {
    this.violation ??= new Violation(rule, message);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation ??= error;
    }
  }

  #complained(message: string): void {
    if (message.startsWith("a turn could not be made durable") && /disk is full|process is dead/.test(message)) return;
    this.fail("FAULT-7", `the coordinator complains: ${message}`);
  }

  /** Events that are durable now: the naive interpreter takes them turn by turn. */
  #appended(events: readonly RunEvent[]): void {
    this.events += events.length;
    if (this.#isLogging) for (const event of events) this.note(describe(event));
    const byRun = new Map<string, RunEvent[]>();
    for (const event of events) {
      const list = byRun.get(event.run);
      if (list === undefined) byRun.set(event.run, [event]);
      else list.push(event);
    }
    this.#guard(() => {
      for (const event of events) if (event.data["kind"] === "created" && this.#isAsking) this.#checkDefinition(event);
      for (const [run, list] of byRun) this.#runOf(run).take(list);
      this.#checkPlaces(events);
    });
  }

  /** What was read from the file is what was written into it. Rule FILE-8. */
  #checkDefinition({ data }: RunEvent): void {
    const found: unknown = JSON.parse(JSON.stringify(data["definition"]));
    const isKnown = this.scenario.runs.some(({ definition }) =>
      isDeepStrictEqual(JSON.parse(JSON.stringify(definition)), found),
    );
    if (!isKnown) throw new Violation("FILE-8", `a run has a definition that nobody wrote: ${JSON.stringify(found)}`);
  }

  #heard(message: AgentMessage): void {
    if (message.kind !== "ended" || message.outcome.kind !== "success") return;
    const { run, path, fence } = message.key;
    this.runs.get(run)?.successes.add(`${path}#${String(fence)}`);
  }

  #runOf(run: string): NaiveRun {
    const known = this.runs.get(run) ?? new NaiveRun(run);
    this.runs.set(run, known);
    return known;
  }

  /** Who was given work had room for it, and is fit for it. Rule FLEET-7. */
  #checkPlaces(events: readonly RunEvent[]): void {
    for (const { run, path, data } of events) {
      if (data["kind"] !== "assigned") continue;
      const machine = this.machines.find(({ id }) => id === data["agent"]);
      const node = this.runs.get(run)?.nodes.get(path);
      const definition = node?.definition;
      if (machine === undefined || definition?.type !== "task")
        throw new Violation("FLEET-7", `${path} is given to nobody`);
      const { needs } = definition;
      const used = [...this.runs.values()]
        .flatMap((one) => one.live())
        .filter((one) => one.agent === machine.id && !one.isFrozen);
      if (used.length > machine.plan.slots)
        throw new Violation(
          "FLEET-7",
          `${machine.name} has ${String(machine.plan.slots)} slots and ${String(used.length)} attempts`,
        );
      if (needs.exclusive && used.length > 1) throw new Violation("FLEET-7", `${path} is not alone on ${machine.name}`);
      if (!needs.labels.every((label) => machine.plan.labels.includes(label)))
        throw new Violation("FLEET-7", `${path} needs ${needs.labels.join()} and is given to ${machine.name}`);
    }
  }

  /** Nothing leaves the coordinator before it is durable. Rules RUN-2, FLEET-5. */
  #sent(agent: AgentId, message: AppMessage): void {
    if (this.#isLogging && message.kind !== "ping") this.note(`  to ${agent.slice(0, 1)}: ${shown(message)}`);
    if (message.kind === "assign") {
      const { run, path, fence } = message.spec.key;
      if (this.runs.get(run)?.assigned.has(`${path}#${String(fence)}`) !== true)
        this.fail("RUN-2", `${path}#${String(fence)} is sent to ${agent} before it is durable`);
    }
    if (message.kind !== "settled" || message.verdict !== "accepted") return;
    for (const { run, path, fence } of message.keys)
      if (this.runs.get(run)?.nodes.get(path)?.live?.fence === fence)
        this.fail("FLEET-5", `${path}#${String(fence)} is told to be accepted before its end is durable`);
  }

  /** Puts the runs into the journal as a coordinator does that dies right after it has started them. */
  #bearRuns(): void {
    this.scenario.runs.forEach(({ definition, askedMs }, index) => {
      if (askedMs !== null) return;
      const run = `run-${String(index)}` as RunId;
      const moment: Moment = { now: 1_798_761_600_000 as EpochMs, chance: 0.5 };
      const created = createRun({ run, definition, inputs: {}, folder: null, out: null, by: BY }, moment);
      const started = decide(created.next, { kind: "start", by: BY }, moment);
      this.app.disk.append([...created.events, ...started.events]);
      this.#appended([...created.events, ...started.events]);
    });
  }

  /** Lets things happen until a time, or until `isDone`. */
  async until(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (this.violation === null && !isDone() && this.time.step(untilMs)) {
      this.steps += 1;
      for (let turn = 0; turn < MICRO_TURNS; turn += 1) await SOON;
    }
    if (this.violation === null && !isDone()) this.time.nowMs = Math.max(this.time.nowMs, untilMs);
  }

  begin(): void {
    this.app.remember(this.machines);
    this.#bearRuns();
    for (const machine of this.machines) machine.boot();
    this.app.boot();
    for (const fault of this.scenario.faults) this.time.after(fault.atMs, () => this.#befall(fault));
    this.scenario.runs.forEach(({ askedMs }, index) => {
      if (askedMs !== null) this.time.after(askedMs, () => this.#askFor(String(index)));
    });
    for (const intent of this.scenario.intents) this.time.after(intent.atMs, () => this.#intend(intent));
  }

  /** Starts a run as a client does, by its file: the parser has to find it sound, and to read what was meant. */
  #askFor(name: string): void {
    this.note(`person: start ${name}`);
    this.#ask("run.start", { source: { kind: "library", name }, inputs: {} });
  }

  #befall(fault: Fault): void {
    this.note(`fault: ${JSON.stringify(fault)}`);
    const later = (forMs: number, run: () => void): void => void this.time.after(forMs, run);
    const machine = "at" in fault ? this.machines[Math.floor(fault.at * this.machines.length)] : undefined;
    switch (fault.kind) {
      case "crash-app":
        this.app.crash();
        return later(fault.forMs, () => this.app.boot());
      case "kill-app":
        this.app.killAfterCalls(fault.calls);
        return later(fault.forMs, () => this.#rebootApp());
      case "append":
        this.app.troubleNextAppend(fault.trouble);
        return later(fault.forMs, () => this.#rebootApp());
      case "crash-machine":
        machine?.crash();
        return later(fault.forMs, () => machine?.boot());
      case "cut":
        return this.network.cut(machine ?? null, fault.isNoticed);
      case "stall":
        if (machine !== undefined)
          machine.stalledUntilMs = Math.max(machine.stalledUntilMs, this.time.nowMs + fault.forMs);
        return;
      case "trouble":
        if (machine === undefined) return;
        machine.trouble = "its disk is full";
        return later(fault.forMs, () => (machine.trouble = null));
    }
  }

  /** What was to befall it has done so, or does not any more. */
  #rebootApp(): void {
    this.app.spare();
    this.app.boot();
  }

  #intend({ kind, run: which, at }: Intent): void {
    const run = [...this.runs.values()][Math.floor(which * this.runs.size)];
    const machine = this.machines[Math.floor(at * this.machines.length)];
    if (run === undefined || machine === undefined) return;
    const nodes = [...run.nodes.values()].filter(({ path }) => path !== "");
    const node = nodes[Math.floor(at * nodes.length)];
    this.act(kind, run, node, machine);
  }

  /** Does what a person does. */
  act(kind: Intent["kind"], { run }: NaiveRun, node: NaiveNode | undefined, machine: Machine): void {
    const path = node?.path ?? "";
    const target = machine.id;
    this.note(`person: ${kind} ${run} ${path}`);
    switch (kind) {
      case "freeze":
      case "drain":
        return this.#ask("run.pause", { run, mode: kind });
      case "resume":
        return this.#ask("run.resume", { run });
      case "cancel":
        return this.#ask("run.cancel", { run });
      case "retry":
        return this.#ask("run.retry", { run, path });
      case "skip":
        return this.#ask("run.skip", { run, path });
      case "complete":
        return this.#ask("run.complete", { run, path, result: "by hand" });
      case "approve":
      case "deny":
        return this.#ask("run.approve", { run, path: this.#approvalOf(run) ?? path, approved: kind === "approve" });
      case "cancel-node":
        return this.#ask("run.cancel", { run, path });
      case "freeze-node":
        return this.#ask("run.pause", { run, path, mode: "freeze" });
      case "drain-node":
        return this.#ask("run.pause", { run, path, mode: "drain" });
      case "resume-node":
        return this.#ask("run.resume", { run, path: this.#heldOf(run) ?? path });
      case "unpair":
        return this.#ask("fleet.unpair", { target });
      case "pair":
        return this.#ask("fleet.pair", { target: "10.0.0.1", code: machine.name });
      case "drain-agent":
      case "undrain-agent":
        return this.#ask("fleet.drain", { target, draining: kind === "drain-agent" });
    }
  }

  #ask(method: Parameters<App["ask"]>[0], params: Parameters<App["ask"]>[1]): void {
    this.app.ask(method, params, (reply) => {
      this.note(`  ${method}: ${reply.kind === "refused" ? `${reply.code}: ${reply.message}` : "done"}`);
      if (reply.kind === "refused" && MUST_NOT_HAPPEN.has(reply.code))
        this.fail("FAULT-7", `${method} ${JSON.stringify(params)}: ${reply.code}: ${reply.message}`);
    });
  }

  #approvalOf(run: string): string | undefined {
    return this.approvals(run)[0]?.path;
  }

  /** Approvals that wait for a person. */
  approvals(run: string): readonly NaiveNode[] {
    return [...(this.runs.get(run)?.nodes.values() ?? [])].filter(
      ({ definition, kind, state }) =>
        kind === "task" && state === "running" && definition?.type === "task" && definition.action.kind === "approve",
    );
  }

  #heldOf(run: string): string | undefined {
    return [...(this.runs.get(run)?.nodes.values() ?? [])].find(({ hold, path }) => hold !== null && path !== "")?.path;
  }

  get areRunsOver(): boolean {
    return [...this.runs.values()].every((run) => isFinal(run.root.state));
  }
}

function describe({ run, seq, path, from, to, message }: RunEvent): string {
  const change = to === null ? "" : ` ${String(from)} → ${to}`;
  return `${run} #${String(seq)} ${path}${change}: ${message}`;
}

function shown(message: AppMessage): string {
  switch (message.kind) {
    case "assign":
      return `assign ${message.spec.key.path}#${String(message.spec.key.fence)}`;
    case "stop":
    case "freeze":
    case "thaw":
    case "settled":
      return `${message.kind} ${message.keys.map(({ path, fence }) => `${path}#${String(fence)}`).join(" ")}`;
    default:
      return message.kind;
  }
}
