import { assertNever } from "#core/base/assert.ts";
import type { LiveAttempt } from "#core/engine/attempts.ts";
import type { Collection, Command, PlacedAttempt } from "#core/engine/command.ts";
import { pendingCollection, runFolder, runOut, toRunLine } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import { toKeyText } from "#core/model/attempt.ts";
import type { AgentId, EpochMs, NodePath, RunId, Sha256 } from "#core/model/id.ts";
import type { FileRef, NodeFailure } from "#core/model/run.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import type { Books } from "./books.ts";
import { bringHome, planCollection } from "./collecting.ts";
import { prepareAssignment, toTrouble } from "./delivery.ts";
import { toMessage } from "./to-error.ts";

type Carried = Exclude<Command, { kind: "refuse" }>;
type Delivery = Pick<LiveAttempt, "spec" | "agent" | "globs">;

/** Carries out what the engine decided, after its events are durable. What comes of it returns to the loop as a happening. */
export class CommandRunner {
  readonly #books: Books;
  readonly #timers = new Map<string, () => void>();
  /** Attempts whose files are on their way to their agent. */
  readonly #delivering = new Set<string>();
  readonly #abort = new AbortController();

  constructor(books: Books) {
    this.#books = books;
  }

  /** `state`: what the decision led to that the command is of. */
  carryOut(run: RunId, command: Carried, state: RunState): void {
    switch (command.kind) {
      case "dispatch":
        return this.deliver(command);
      case "stop":
        return this.#books.desk.send(command.agent, {
          kind: "stop",
          keys: [{ ...command.key }],
          reason: command.reason,
        });
      case "freeze":
      case "thaw":
        return this.#tellEach(command.kind, command.attempts);
      case "timer":
        return this.setTimer(run, command.timer, command.at);
      case "cancel-timer":
        return this.#cancelTimer(run, command.timer);
      case "collect":
        return this.#collect(run, command.entries);
      case "snapshot":
        return this.#books.snapshots.takeQuietly(state, command.reason);
      default:
        return assertNever(command);
    }
  }

  #tellEach(kind: "freeze" | "thaw", attempts: readonly PlacedAttempt[]): void {
    const byAgent = new Map<AgentId, Extract<AppMessage, { kind: "freeze" }>["keys"]>();
    for (const { agent, key } of attempts) {
      const keys = byAgent.get(agent) ?? [];
      byAgent.set(agent, keys);
      keys.push({ ...key });
    }
    for (const [agent, keys] of byAgent) this.#books.desk.send(agent, { kind, keys });
  }

  /** Sends an attempt, with its files; one that is on its way already is left to arrive. When that cannot be done its run is told why. */
  deliver(attempt: Delivery): void {
    const { key } = attempt.spec;
    const { runs, ports, holders, fleet, enqueue } = this.#books;
    const state = runs.state(key.run);
    if (state === undefined || this.#delivering.has(toKeyText(key))) return;
    this.#delivering.add(toKeyText(key));
    const target = (agent: AgentId) => fleet.target(agent);
    prepareAssignment(
      { ...attempt, folder: runFolder(state) },
      {
        files: ports.files,
        holders,
        target,
        maker: (file) => findMaker(state, file),
        clock: ports.clock,
      },
      this.#abort.signal,
    )
      .finally(() => this.#delivering.delete(toKeyText(key)))
      .then((message) => {
        this.#noteProvided(attempt, message);
        this.#send(attempt, message);
      })
      .catch((error: unknown) => {
        const { run, path, fence } = key;
        enqueue({ kind: "attempt-undeliverable", run, path, fence, ...toTrouble(error) });
      });
  }

  /** What it was given of the workflow's folder is written down: a fork can tell by it whether the same would be given again. */
  #noteProvided({ globs, spec }: Delivery, message: AppMessage): void {
    if (message.kind !== "assign" || (globs.length === 0 && spec.action.kind !== "script")) return;
    const { run, path, fence } = spec.key;
    const own = message.spec.filesIn.slice(spec.filesIn.length);
    const files = own.map(({ name, sha256, sizeBytes }) => ({ name, sha256: sha256 as Sha256, sizeBytes }));
    this.#books.enqueue({ kind: "run-input", run, input: { kind: "provided", path, fence, files }, reply: null });
  }

  #send({ agent, spec: { key } }: Delivery, message: AppMessage): void {
    const { ledger, desk } = this.#books;
    const live = ledger.get(key.run, key.path);
    if (live?.key.fence !== key.fence) return;
    desk.send(agent, message);
    // A freeze decided while its files were on their way has overtaken it.
    if (live.wanted === "suspended") desk.send(agent, { kind: "freeze", keys: [{ ...key }] });
  }

  setTimer(run: RunId, timer: string, at: EpochMs): void {
    this.#cancelTimer(run, timer);
    const { ports, runs, clocks } = this.#books;
    const name = `${run}|${timer}`;
    const now = clocks.now(run, runs.live().get(run)?.time ?? null);
    const cancel = ports.clock.after(Math.max(0, at - now), () => {
      this.#timers.delete(name);
      this.#books.enqueue({ kind: "timer", run, timer });
    });
    this.#timers.set(name, cancel);
  }

  #cancelTimer(run: RunId, timer: string): void {
    const name = `${run}|${timer}`;
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  /** What was to be brought home when the coordinator ended. */
  resumeCollecting(run: RunId, state: RunState): void {
    const entries = pendingCollection(state);
    if (entries !== null) this.#collect(run, entries);
  }

  #collect(run: RunId, entries: readonly Collection[]): void {
    const { runs, ports, holders, fleet, enqueue } = this.#books;
    const state = runs.state(run);
    const target = (agent: AgentId) => fleet.target(agent);
    const work = async (): Promise<void> => {
      const outFolder = state === undefined ? null : runOut(state);
      if (outFolder === null) throw new Error("collect: this run has no folder to bring files to: give one with --out");
      const maker = (file: FileRef): NodePath | null => (state === undefined ? null : findMaker(state, file));
      const desk = { files: ports.files, holders, target, maker, clock: ports.clock };
      await bringHome(planCollection(entries), outFolder, desk, this.#abort.signal);
    };
    const ended = (failure: NodeFailure | null): void => {
      if (this.#abort.signal.aborted) return;
      enqueue({ kind: "run-input", run, input: { kind: "collected", failure }, reply: null });
    };
    work().then(
      () => ended(null),
      (error: unknown) => ended({ code: "collect", message: toMessage(error) }),
    );
  }

  dispose(): void {
    this.#abort.abort();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}

function findMaker(state: RunState, { sha256 }: FileRef): NodePath | null {
  return toRunLine(state).nodes.find(({ files }) => files.some((file) => file.sha256 === sha256))?.path ?? null;
}
