import { ok } from "#core/base/result.ts";
import { defaultScheduler } from "#core/fleet/schedule.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId, AppId } from "#core/model/id.ts";
import type { LinkTransport } from "#core/ports/link.ts";
import type { OutputStore } from "#core/ports/output-store.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import { Coordinator } from "#main/coordinator/coordinator.ts";
import { MemorySnapshots } from "#main/persistence/memory-snapshots.ts";
import type { CoordinatorPorts } from "#main/coordinator/ports.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import type { Chance } from "./chance.ts";
import { CrashingJournal, type AppendTrouble } from "./crashing-journal.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";
import { Life, ProcessClock, type VirtualTime, type WallClock } from "./virtual-time.ts";

interface AppInput {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly network: Network;
  readonly machines: readonly Machine[];
  /** Workflow files: `1/top` is the first run's own. */
  readonly library: ReadonlyMap<string, string>;
  readonly note: (text: string) => void;
  /** Events that are durable now. */
  readonly appended: (events: readonly RunEvent[]) => void;
  /** A message that leaves the coordinator. */
  readonly sent: (agent: AgentId, message: AppMessage) => void;
  /** An error that the coordinator's own log tells of. */
  readonly complained: (message: string) => void;
}

/** One life of the coordinator. */
interface Running {
  readonly life: Life;
  readonly coordinator: Coordinator;
  readonly session: { receive(frame: string): void; close(): void } | null;
  readonly asked: Map<
    number,
    (frame: { readonly kind: string; readonly result?: unknown; readonly error?: unknown }) => void
  >;
}

/** The answer to a request; null when the coordinator died before it gave one. */
export type Reply<M extends MethodName> =
  | { readonly kind: "done"; readonly result: MethodResults[M] }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** The app's machine: the real coordinator on a disk that outlives it. */
export class App {
  readonly disk = new MemoryJournal();
  readonly #input: AppInput;
  readonly #outputs = new Map<string, { length: number; text: string }>();
  #running: Running | null = null;
  #nextRequest = 1;
  /** Calls of its ports until it is killed in the middle of one. */
  #callsToLive = Infinity;
  #nextAppend: AppendTrouble | null = null;

  /** Of the app's machine. */
  readonly wall: WallClock = { offsetMs: 0 };

  constructor(input: AppInput) {
    this.#input = input;
  }

  get isUp(): boolean {
    return this.#running !== null;
  }

  /** Kills it in the middle of the n-th call from now that leaves it. */
  killAfterCalls(calls: number): void {
    this.#callsToLive = calls;
  }

  /** What happens to its next append that has events. */
  troubleNextAppend(trouble: AppendTrouble): void {
    this.#nextAppend = trouble;
  }

  /** What was to happen to it does not happen any more. */
  spare(): void {
    this.#callsToLive = Infinity;
    this.#nextAppend = null;
  }

  crash(): void {
    if (this.#running === null) return;
    this.#running.life.isOver = true;
    this.#running = null;
    this.#callsToLive = Infinity;
    this.#nextAppend = null;
    this.#input.network.cut(null, true);
    this.#input.note("the coordinator crashes");
  }

  /** True when this call is the one it does not survive. */
  #isFatal(life: Life): boolean {
    if (life.isOver) return true;
    this.#callsToLive -= 1;
    if (this.#callsToLive > 0) return false;
    this.crash();
    return true;
  }

  boot(): void {
    if (this.#running !== null) return;
    this.#input.note("the coordinator starts");
    const life = new Life();
    const coordinator = new Coordinator(this.#ports(life), () => {});
    const asked: Running["asked"] = new Map();
    const session = coordinator.openSession("sim", {
      send: (text) => {
        if (life.isOver || text.startsWith(PATCH)) return;
        const frame = JSON.parse(text);
        const answer = asked.get(frame.id);
        asked.delete(frame.id);
        answer?.(frame);
      },
      unsentBytes: () => 0,
      end: (reason) => this.#input.complained(`the session was ended: ${reason}`),
    });
    this.#running = { life, coordinator, session, asked };
    coordinator.start(false);
    this.ask("hello", { version: 1, client: "sim" }, () => {});
  }

  #ports(life: Life): CoordinatorPorts {
    const { time, chance, complained } = this.#input;
    const clock = new ProcessClock(time, life, this.wall);
    const complain = (message: string, fields?: unknown): void => {
      if (!life.isOver) complained(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    return {
      clock,
      random: { chance: () => chance.next(), bytes: (length) => new Uint8Array(length) },
      log: { debug() {}, info() {}, warn() {}, error: complain },
      journal: new CrashingJournal({
        disk: this.disk,
        life,
        trouble: () => this.#appendTrouble(life),
        kill: () => this.crash(),
        appended: this.#input.appended,
      }),
      links: this.#links(life),
      discovery: null,
      pairer: { pair: ({ code }) => this.#pair(code) },
      localAgents: { start: () => Promise.resolve([]), stop: () => Promise.resolve(0) },
      files: {
        find: () => Promise.resolve([]),
        findModules: () => Promise.resolve([]),
        put: () => Promise.resolve(),
        fetch: () => Promise.resolve(),
      },
      outputs: this.#outputStore(life),
      library: {
        keeping: null,
        names: () => [...this.#input.library.keys()],
        read: (source) => {
          const name = source.kind === "library" ? source.name : source.file;
          return ok({
            file: `${name}/top`,
            folder: "/",
            isOwn: false,
            text: this.#input.library.get(`${name}/top`) ?? "",
          });
        },
        resolve: (reference, from) => {
          const file = `${from.split("/")[0] ?? ""}/${reference}`;
          return ok({ file, text: this.#input.library.get(file) ?? "" });
        },
        checkModule: () => null,
        outFolder: () => "/out",
      },
      snapshots: new MemorySnapshots(),
      scheduler: defaultScheduler,
      nextTurn: (work) => void clock.after(chance.is(0.5) ? 0 : chance.between(0, 3), work),
      app: { id: "a".repeat(16) as AppId, name: "sim", machine: "sim", version: "0" },
    };
  }

  #appendTrouble(life: Life): AppendTrouble | null {
    const trouble = this.#nextAppend;
    this.#nextAppend = null;
    if (trouble !== null) this.#input.note(`an append is ${trouble}`);
    return trouble ?? (this.#isFatal(life) ? "torn" : null);
  }

  #links(life: Life): LinkTransport {
    const { network, machines, sent } = this.#input;
    return {
      connect: (target, listener) => {
        const machine = machines.find(({ id }) => id === target.id);
        if (machine === undefined) throw new Error(`there is no machine ${target.id}`);
        const link = network.connect(machine, listener, life);
        return {
          send: (message) => {
            if (this.#isFatal(life)) return true;
            const isTaken = link.send(message);
            if (isTaken) sent(machine.id, message);
            return isTaken;
          },
          close: () => link.close(),
        };
      },
    };
  }

  /** The code is the machine's name: what pairing proves is not simulated here. */
  #pair(code: string): ReturnType<CoordinatorPorts["pairer"]["pair"]> {
    const machine = this.#input.machines.find(({ name }) => name === code);
    if (machine === undefined || !machine.isUp)
      return Promise.resolve({ ok: false, error: { code: "unreachable", message: "nobody answers" } });
    machine.isPaired = true;
    return Promise.resolve(ok(pairedAgent(machine)));
  }

  #outputStore(life: Life): OutputStore {
    const text = ({ run, path, fence }: { run: string; path: string; fence: number }): string =>
      `${run}/${path}#${String(fence)}`;
    return {
      append: (key, offset, _stream, base64) => {
        const known = this.#outputs.get(text(key)) ?? { length: 0, text: "" };
        if (offset > known.length || life.isOver) return known.length;
        const bytes = Buffer.from(base64, "base64").subarray(known.length - offset);
        const next = { length: known.length + bytes.length, text: known.text + bytes.toString("utf8") };
        this.#outputs.set(text(key), next);
        return next.length;
      },
      sizeBytes: (key) => this.#outputs.get(text(key))?.length ?? 0,
      newest: () => null,
      read: (_key, offset) => ({ pieces: [], nextOffset: offset }),
      close() {},
      deleteRun() {},
    };
  }

  /** Asks as a client does. Without an answer when the coordinator is down, or dies before it answers. */
  ask<M extends MethodName>(method: M, params: MethodParams<M>, answered: (reply: Reply<M>) => void): void {
    const running = this.#running;
    if (running === null) return;
    const id = this.#nextRequest++;
    running.asked.set(id, ({ kind, result, error }) => {
      if (kind === "reply") answered({ kind: "done", result: result as MethodResults[M] });
      else answered({ kind: "refused", ...(error as { code: string; message: string }) });
    });
    running.session?.receive(JSON.stringify({ kind: "request", id, method, params }));
  }

  /** What it knows of its agents before it starts for the first time. */
  remember(machines: readonly Machine[]): void {
    for (const [ordinal, machine] of machines.entries()) {
      const { address, ...agent } = pairedAgent(machine);
      const record = {
        ...agent,
        addresses: [address],
        ordinal,
        pairedAt: 0,
        draining: false,
        isLocal: false,
        isKept: false,
      };
      this.disk.setRecord("agent", machine.id, record);
    }
  }
}

const PATCH = '{"kind":"patch"';

function pairedAgent({ id, name }: Machine) {
  return { id, name, fingerprint: "f".repeat(64), address: "10.0.0.1", port: 1, linkPort: 2 };
}
