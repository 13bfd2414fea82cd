import { defaultScheduler } from "#core/fleet/schedule.ts";
import type { Capabilities } from "#core/model/agent.ts";
import type { AttemptKey } from "#core/model/attempt.ts";
import type { AgentId, AppId, RunId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import type { MethodName, MethodResults } from "#core/ipc/methods.ts";
import { serverFrameSchema } from "#core/ipc/frames.ts";
import { ok } from "#core/base/result.ts";
import type { Journal } from "#core/ports/journal.ts";
import type { Link, LinkListener, LinkTransport } from "#core/ports/link.ts";
import { HEARTBEAT_MS } from "#core/protocol/limits.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import { Coordinator } from "#main/coordinator/coordinator.ts";
import type { CoordinatorPorts } from "#main/coordinator/ports.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemorySnapshots } from "#main/persistence/memory-snapshots.ts";
import { VirtualClock } from "./virtual-clock.ts";

type Assign = Extract<AppMessage, { kind: "assign" }>;
type Outcome = Extract<AgentMessage, { kind: "ended" }>["outcome"];

const CAPABILITIES: Capabilities = {
  labels: [],
  os: "linux",
  arch: "x64",
  cpus: 4,
  memoryBytes: 2 ** 32,
  gpus: 0,
  programs: [],
  slots: 2,
  canFreeze: true,
};

/** An agent in memory that does what the test says. What it is told is kept in `heard`. */
export class ScriptedAgent {
  readonly id: AgentId;
  readonly heard: AppMessage[] = [];
  /** Attempts it would name in its next `welcome`. */
  held: { key: AttemptKey; state: "running" | "suspended" | "ended" }[] = [];
  /** What it says differently in its `welcome`. */
  welcome: Partial<Extract<AgentMessage, { kind: "welcome" }>> = {};
  isReachable = true;
  #listener: LinkListener | null = null;
  readonly #clock: VirtualClock;

  constructor(id: string, clock: VirtualClock) {
    this.id = id as AgentId;
    this.#clock = clock;
  }

  connect(listener: LinkListener): Link {
    queueMicrotask(() => {
      if (!this.isReachable) return listener.closed({ code: "unreachable", message: "nobody answers" });
      this.#listener = listener;
      listener.opened("10.0.0.1");
      this.#beat(listener);
    });
    return {
      send: (message) => {
        if (this.isReachable) queueMicrotask(() => this.#hear(message, listener));
        return true;
      },
      close: () => {
        if (this.#listener !== listener) return;
        this.#listener = null;
        listener.closed({ code: "closed", message: "the app closed the link" });
      },
    };
  }

  #beat(listener: LinkListener): void {
    if (this.#listener !== listener) return;
    if (this.isReachable) listener.received({ kind: "heartbeat", seq: 0, load: 0, running: 0, trouble: null });
    this.#clock.after(HEARTBEAT_MS, () => this.#beat(listener));
  }

  #hear(message: AppMessage, listener: LinkListener): void {
    this.heard.push(message);
    if (message.kind !== "hello") return;
    const { id, held } = this;
    listener.received({
      kind: "welcome",
      protocol: { major: 1, minor: 0 },
      agent: id,
      name: `agent-${id.slice(0, 2)}`,
      version: "1",
      capabilities: { ...CAPABILITIES, labels: [], programs: [] },
      held,
      ...this.welcome,
    });
  }

  say(message: AgentMessage): void {
    this.#listener?.received(message);
  }

  /** The machine is gone from the network, without a word. */
  cut(): void {
    this.isReachable = false;
  }

  /** The connection breaks and is there to be opened again. */
  drop(): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed({ code: "closed", message: "the connection broke" });
  }

  assignments(): Assign["spec"][] {
    return this.heard.flatMap((message) => (message.kind === "assign" ? [message.spec] : []));
  }

  verdicts(): string[] {
    return this.heard.flatMap((message) => (message.kind === "settled" ? [message.verdict] : []));
  }

  end(key: AttemptKey, outcome: Outcome = { kind: "success", result: "done", files: [], executionMs: 5 }): void {
    this.say({ kind: "ended", key: { ...key }, outcome });
  }
}

/** Of the assignment given to the agent last. Throws when there was none. */
export function keyOf(agent: ScriptedAgent | undefined): AttemptKey {
  const spec = agent?.assignments().at(-1);
  if (spec === undefined) throw new Error("expected an assignment, found none");
  return spec.key as AttemptKey;
}

/** A coordinator with in-memory ports, virtual time, and agents that are paired from the start. */
export class MemoryLan {
  readonly clock = new VirtualClock();
  readonly agents: readonly ScriptedAgent[];
  readonly journal: Journal;
  readonly snapshots = new MemorySnapshots();
  readonly #turns: (() => void)[] = [];
  coordinator: Coordinator;
  /** The library's files by name; may be edited. */
  readonly workflows: Map<string, string>;
  readonly #ports: Partial<CoordinatorPorts>;
  #drawn = 1;

  /** `ports` take the place of those in memory. */
  constructor(
    agents: number,
    workflows: Readonly<Record<string, string>>,
    journal: Journal = new MemoryJournal(),
    ports: Partial<CoordinatorPorts> = {},
  ) {
    this.journal = journal;
    this.#ports = ports;
    this.workflows = new Map(Object.entries(workflows));
    this.agents = Array.from({ length: agents }, (_, index) => new ScriptedAgent(String(index).repeat(16), this.clock));
    for (const [ordinal, { id }] of this.agents.entries()) {
      const place = { addresses: ["10.0.0.1"], port: 1, linkPort: 2 };
      const record = {
        id,
        name: `agent-${id.slice(0, 2)}`,
        fingerprint: "f".repeat(64),
        ordinal,
        pairedAt: 0,
        draining: false,
        isLocal: false,
        isKept: false,
        ...place,
      };
      journal.setRecord("agent", id, record);
    }
    this.coordinator = this.#start();
  }

  #start(): Coordinator {
    const links: LinkTransport = {
      connect: (target, listener) => {
        const agent = this.agents.find(({ id }) => id === target.id);
        if (agent === undefined) throw new Error(`no agent ${target.id}`);
        return agent.connect(listener);
      },
    };
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const coordinator = new Coordinator(
      {
        clock: this.clock,
        random: { chance: () => (this.#drawn++ * 0.618_034) % 1, bytes: (length) => new Uint8Array(length) },
        log: silent,
        journal: this.journal,
        links,
        discovery: null,
        pairer: { pair: () => Promise.reject(new Error("no pairing here")) },
        localAgents: { start: () => Promise.resolve([]), stop: () => Promise.resolve(0) },
        files: {
          find: () => Promise.resolve([]),
          findModules: () => Promise.resolve([]),
          put: () => Promise.resolve(),
          fetch: () => Promise.resolve(),
        },
        outputs: {
          append: (_key, offset) => offset,
          sizeBytes: () => 0,
          newest: () => null,
          read: (_key, offset) => ({ pieces: [], nextOffset: offset }),
          close() {},
          deleteRun() {},
        },
        library: {
          keeping: null,
          names: () => [...this.workflows.keys()],
          read: (source) =>
            ok({
              file: "x.yaml",
              folder: "/",
              isOwn: false,
              text: this.workflows.get(source.kind === "library" ? source.name : source.file) ?? "",
            }),
          resolve: () => ok({ file: "", text: "" }),
          checkModule: () => null,
          outFolder: () => "/out",
        },
        snapshots: this.snapshots,
        scheduler: defaultScheduler,
        nextTurn: (work) => void this.#turns.push(work),
        app: { id: "a".repeat(16) as AppId, name: "test", machine: "test", version: "0" },
        ...this.#ports,
      },
      () => {},
    );
    coordinator.start(false);
    return coordinator;
  }

  /** Lets all that is ready happen, without time passing. */
  readonly settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3;) {
      const turns = this.#turns.splice(0);
      for (const turn of turns) turn();
      await new Promise((resolve) => setImmediate(resolve));
      quiet = turns.length === 0 && this.#turns.length === 0 ? quiet + 1 : 0;
    }
  };

  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms, this.settle);
  }

  /** As after `kill -9`: the old one says and hears nothing more; a new one starts from the journal. */
  async restart(): Promise<void> {
    for (const agent of this.agents) agent.drop();
    this.clock.forget();
    this.#turns.length = 0;
    this.coordinator = this.#start();
    await this.settle();
  }

  /** A request as a client makes it; rejects with the failure's message. */
  async ask<M extends MethodName>(method: M, params: unknown): Promise<MethodResults[M]> {
    const { promise, resolve, reject } = Promise.withResolvers<MethodResults[M]>();
    const session = this.coordinator.openSession("test", {
      send(text) {
        const frame = serverFrameSchema.parse(JSON.parse(text));
        if (frame.kind === "reply" && frame.id === 2) resolve(frame.result as MethodResults[M]);
        if (frame.kind === "failure") reject(new Error(`${frame.error.code}: ${frame.error.message}`));
      },
      unsentBytes: () => 0,
      end: (reason) => reject(new Error(reason)),
    });
    session?.receive(
      JSON.stringify({ kind: "request", id: 1, method: "hello", params: { version: 1, client: "test" } }),
    );
    session?.receive(JSON.stringify({ kind: "request", id: 2, method, params }));
    promise.catch(() => {});
    await this.settle();
    session?.close();
    return promise;
  }

  async start(name: string): Promise<RunId> {
    const { run } = await this.ask("run.start", { source: { kind: "library", name }, inputs: {} });
    await this.settle();
    return run;
  }

  async show(run: RunId): Promise<RunLine> {
    return this.ask("run.show", { run });
  }
}
