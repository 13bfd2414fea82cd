import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import type { IpcError, ServerFrame } from "#core/ipc/frames.ts";
import { clientFrameSchema, IPC_VERSION } from "#core/ipc/frames.ts";
import type { MethodName, MethodParams } from "#core/ipc/methods.ts";
import { methodParams } from "#core/ipc/methods.ts";
import { holdDataFolder } from "#main/host/data-folder.ts";
import { listenLocal } from "#main/host/local-socket.ts";
import type { CoordinatorHost, HostOptions, Session, SessionHost, SessionSink } from "#main/host/session.ts";
import { SmallRun } from "./small-run.ts";
import type { SmallRunRecord } from "./small-run.ts";

/** A refusal of a request. */
export class Refusal extends Error {
  readonly error: IpcError;
  constructor(code: string, message: string) {
    super(message);
    this.error = { code, message };
  }
}

/**
 * The smallest coordinator that speaks what commands need of `core/ipc`: its runs follow a script by the workflow's name (`quick`, `fails`,
 * `stuck`), one step a turn of the loop. What clients and carriers of frames do is tested against it.
 */
export class SmallHost implements SessionHost {
  readonly runs = new Map<string, SmallRun>();
  readonly ended: Promise<void>;
  readonly requests: { readonly method: string; readonly params: unknown }[] = [];
  readonly #sessions = new Set<SmallSession>();
  readonly #changed = new Set<() => void>();
  readonly #end: () => void;
  localAgents: string[] = [];

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  open(client: string, sink: SessionSink): Session {
    const session = new SmallSession(this, client, sink);
    this.#sessions.add(session);
    return {
      receive: (frame) => session.receive(frame),
      close: () => {
        this.#sessions.delete(session);
        this.#changed.forEach((check) => check());
      },
    };
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Settles when `count` sessions are open. */
  hasSessions(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#sessions.size !== count) return;
        this.#changed.delete(check);
        resolve();
      };
      this.#changed.add(check);
      check();
    });
  }

  /** Ends every session, as a coordinator does that has had enough of a client. */
  endSessions(reason: string): void {
    for (const session of this.#sessions) session.sink.end(reason);
  }

  tell(topic: string, upsert: readonly unknown[], head?: unknown): void {
    for (const session of this.#sessions) session.patch(topic, upsert, head);
  }

  requestEnd(): void {
    this.#end();
  }

  dispose(): void {
    for (const run of this.runs.values()) run.stopStepping();
  }
}

class SmallSession {
  readonly sink: SessionSink;
  readonly #host: SmallHost;
  readonly #versions = new Map<string, number>();

  constructor(host: SmallHost, _client: string, sink: SessionSink) {
    this.#host = host;
    this.sink = sink;
  }

  receive(text: string): void {
    let frame;
    try {
      frame = clientFrameSchema.parse(JSON.parse(text));
    } catch {
      return this.sink.end("expected a frame, found something else");
    }
    if (frame.kind === "unwatch") return void this.#versions.delete(frame.topic);
    if (frame.kind === "watch") return this.#watch(frame.topic);
    try {
      this.#send({ kind: "reply", id: frame.id, ok: true, result: answer(this.#host, frame.method, frame.params) });
    } catch (error) {
      const known = error instanceof Refusal ? error.error : { code: "internal", message: String(error) };
      this.#send({ kind: "failure", id: frame.id, error: known });
    }
  }

  patch(topic: string, upsert: readonly unknown[], head?: unknown): void {
    const version = this.#versions.get(topic);
    if (version === undefined) return;
    this.#versions.set(topic, version + 1);
    const frame: ServerFrame = { kind: "patch", topic, version: version + 1, upsert: [...upsert], remove: [] };
    this.#send(head === undefined ? frame : { ...frame, head });
  }

  #watch(topic: string): void {
    const snapshot = snapshotOf(this.#host, topic);
    if (snapshot === null) {
      return this.#send({ kind: "topic-gone", topic, error: { code: "unknown-run", message: `there is no ${topic}` } });
    }
    const version = (this.#versions.get(topic) ?? 0) + 1;
    this.#versions.set(topic, version);
    this.#send({ kind: "snapshot", topic, version, ...snapshot });
  }

  #send(frame: ServerFrame): void {
    this.sink.send(JSON.stringify(frame));
  }
}

function snapshotOf(host: SmallHost, topic: string): { head: unknown; items: unknown[] } | null {
  if (topic === "runs") return { head: null, items: [...host.runs.values()].map((run) => run.head()) };
  const [kind, id] = topic.split(":");
  const run = host.runs.get(id ?? "");
  if (run === undefined) return null;
  if (kind === "events") return { head: null, items: run.events.slice(-1_000) };
  return { head: run.head(), items: run.line().nodes.map((node, order) => ({ ...node, order: [order] })) };
}

const INPUTS = {
  type: "object",
  properties: { width: { type: "integer" }, name: { type: "string" }, deep: { type: "boolean" } },
};
const AGENT = {
  id: "00000000000000aa",
  name: "studio",
  fingerprint: "aa",
  addresses: ["127.0.0.1"],
  port: 7411,
  paired: true,
  ordinal: 0,
  status: "online",
  reason: null,
  draining: false,
  isThisMachine: false,
  capabilities: null,
  running: 0,
  load: null,
  lastHeartbeat: null,
  latencyMs: null,
  version: null,
};

/** What only the window asks for is not here, and is refused like an unknown method. */
type Answers = { readonly [M in MethodName]?: (host: SmallHost, params: MethodParams<M>) => unknown };

const ANSWERS: Answers = {
  hello: () => ({ version: IPC_VERSION, appId: "00000000000000bb", appName: "small", product: "0" }),
  "fleet.list": (host) => [AGENT, ...host.localAgents.map((id) => ({ ...AGENT, id, name: `local-${id}` }))],
  "fleet.pair": () => ({ agent: AGENT.id, name: AGENT.name, fingerprint: AGENT.fingerprint }),
  "fleet.unpair": () => ({ agent: AGENT.id }),
  "fleet.drain": () => ({ agent: AGENT.id }),
  "fleet.start-local": (host, { count }) => {
    host.localAgents = Array.from({ length: count }, (_, index) => `10ca1${index}`);
    return { agents: host.localAgents };
  },
  "fleet.stop-local": (host) => ({ stopped: host.localAgents.splice(0).length }),
  "library.list": () => [],
  "library.read": () => ({ text: "", problems: [], inputs: INPUTS, preview: null }),
  "run.start": (host, { source, inputs }) => {
    const name =
      source.kind === "library" ? source.name : parse(source.kind === "file" ? source.file : source.folder).name;
    const run = new SmallRun(host, {
      id: `run-${host.runs.size + 1}`,
      workflow: name,
      events: [],
      createdAt: host.runs.size,
      inputs,
    });
    host.runs.set(run.id, run);
    run.start();
    return { run: run.id };
  },
  "run.list": (host) => [...host.runs.values()].map((run) => run.head()),
  "run.show": (host, { run, at }) =>
    find(host, run).line(typeof at === "string" ? Number(/@?(\d+)-/.exec(at)?.[1]) : at),
  "run.fork": (host, { run, inputs }) => {
    const { workflow } = find(host, run).head();
    const forked = ANSWERS["run.start"]?.(host, { source: { kind: "library", name: workflow }, inputs });
    return { ...(forked as object), kept: 0 };
  },
  "run.snapshot": (host, { run }) => find(host, run).snapshot(),
  "run.snapshots": (host, { run }) => ({ snapshots: [find(host, run).snapshot()], damaged: [] }),
  "run.events": (host, { run, after, limit }) => find(host, run).events.slice(after, after + limit),
  "run.log": (_host, { offset }) => ({ text: offset === 0 ? "first\nlast" : "", nextOffset: 10, complete: true }),
  "run.graph": (_host, { format }) => ({ text: `${format} of a run` }),
  "run.pause": (host, { run }) => find(host, run).change("paused"),
  "run.resume": (host, { run }) => find(host, run).change("running"),
  "run.cancel": (host, { run }) => find(host, run).change("cancelled"),
  "run.retry": (host, { run }) => find(host, run).acknowledged(),
  "run.skip": (host, { run }) => find(host, run).acknowledged(),
  "run.complete": (host, { run }) => find(host, run).acknowledged(),
  "run.approve": (host, { run }) => find(host, run).acknowledged(),
  "run.error": (host, { run }) => find(host, run).acknowledged(),
  "run.delete": (host, { run }) => find(host, run).acknowledged(),
  shutdown: (host) => {
    host.requestEnd();
    return { seq: 0 };
  },
};

function answer(host: SmallHost, method: string, params: unknown): unknown {
  host.requests.push({ method, params });
  if (!isMethod(method)) throw new Refusal("unknown-method", `there is no method ${method}`);
  return answerOne(host, method, params);
}

function answerOne<M extends MethodName>(host: SmallHost, method: M, params: unknown): unknown {
  const give = ANSWERS[method];
  if (give === undefined) throw new Refusal("unknown-method", `there is no method ${method}`);
  const parsed = methodParams[method].safeParse(params);
  if (!parsed.success) throw new Refusal("params", `wrong parameters of ${method}`);
  return give(host, parsed.data as MethodParams<M>);
}

function isMethod(method: string): method is MethodName {
  return Object.hasOwn(methodParams, method);
}

function find(host: SmallHost, id: string): SmallRun {
  const run = host.runs.get(id);
  if (run === undefined) throw new Refusal("unknown-run", `there is no run ${id}`);
  return run;
}

/** A small coordinator that holds its data folder and listens on its socket; its runs are there again at the next start. */
export async function startSmallHost(options: HostOptions): Promise<CoordinatorHost> {
  const folder = await holdDataFolder(options.dataDir);
  const host = new SmallHost();
  const file = join(folder.path, "small-runs.json");
  if (existsSync(file)) {
    const records: SmallRunRecord[] = JSON.parse(readFileSync(file, "utf8"));
    for (const record of records) host.runs.set(record.id, new SmallRun(host, record));
  }
  const local = await listenLocal(host, folder);
  return {
    dataDir: folder.path,
    socketPath: local.socketPath,
    ended: host.ended,
    open: (client, sink) => host.open(client, sink),
    async dispose() {
      host.dispose();
      await local.dispose();
      writeFileSync(file, JSON.stringify([...host.runs.values()].map((run) => run.record())));
      folder.dispose();
    },
  };
}
