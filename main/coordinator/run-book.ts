import type { JsonObject } from "#core/base/json.ts";
import { evolve } from "#core/engine/evolve.ts";
import { changedPaths, liveAttempts, queuedAttempts, timers, toRunHead, toRunLine } from "#core/engine/queries.ts";
import type { Command } from "#core/engine/command.ts";
import type { Decision } from "#core/engine/decision.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { RunHead, WorkflowState } from "#core/model/run.ts";
import type { Journal } from "#core/ports/journal.ts";
import type { Log } from "#core/ports/log.ts";
import { IntentError } from "./intent-error.ts";
import { toMessage } from "./to-error.ts";

/** Heads of runs that have ended, so that listing them does not fold their events. */
const HEADS = "run-head";
const EVENTS_A_READ = 5_000;
/** Ended runs kept folded because somebody looked at them. */
const MAX_LOOKED_AT = 16;

const FINAL: readonly WorkflowState[] = ["completed", "failed", "cancelled"];

function isFinal(state: WorkflowState): boolean {
  return FINAL.includes(state);
}

/** Nothing more is to be done for it. */
function isOver(head: RunHead): boolean {
  return isFinal(head.state) && head.collection?.state !== "pending";
}

/** What a turn decided: to be made durable, then told and carried out. */
export interface Decided {
  readonly events: readonly RunEvent[];
  /** Each with the state that its decision led to, which later ones may have left behind. */
  readonly commands: readonly { readonly run: RunId; readonly command: Command; readonly state: RunState }[];
  readonly touched: ReadonlyMap<RunId, ReadonlySet<NodePath>>;
  /** Runs for which nothing more is to be done. */
  readonly over: readonly RunId[];
}

/** Every run of this coordinator: those under way folded in memory, ended ones by their head until somebody looks. */
export class RunBook {
  readonly #journal: Journal;
  readonly #live = new Map<RunId, RunState>();
  readonly #heads = new Map<RunId, RunHead>();
  readonly #lookedAt = new Map<RunId, RunState>();
  /** Runs whose events cannot be folded, and why: they are left as they are. */
  readonly #damaged = new Map<RunId, string>();
  #before = new Map<RunId, RunState | null>();
  #events: RunEvent[] = [];
  #commands: { run: RunId; command: Command; state: RunState }[] = [];
  #touched = new Map<RunId, Set<NodePath>>();

  constructor(journal: Journal, log: Log) {
    this.#journal = journal;
    for (const { run, lastSeq } of journal.runs()) {
      try {
        this.#load(run, lastSeq);
      } catch (error) {
        this.#damaged.set(run, toMessage(error));
        log.error("a run cannot be read and is left alone", { run, message: toMessage(error) });
      }
    }
  }

  #load(run: RunId, lastSeq: number): void {
    const kept = parseHead(this.#journal.record(HEADS, run));
    if (kept !== null && kept.seq === lastSeq && isOver(kept)) {
      this.#heads.set(run, kept);
      return;
    }
    const state = this.#readable(run, lastSeq);
    const head = toRunHead(state);
    this.#heads.set(run, head);
    if (!isOver(head)) this.#live.set(run, state);
  }

  /** Rows that were damaged on the disk may fold to a state that holds no run: better found now than in the midst of other work. */
  #readable(run: RunId, upTo: number): RunState {
    const state = this.fold(run, upTo);
    for (const look of [toRunHead, toRunLine, liveAttempts, queuedAttempts, timers]) look(state);
    return state;
  }

  /** The state of a run at event `upTo`: a fold of the journal. Rules RUN-2, SNAP-4. */
  fold(run: RunId, upTo: number): RunState {
    let state: RunState | null = null;
    for (let after = 0; after < upTo;) {
      const events = this.#journal.read(run, after, Math.min(EVENTS_A_READ, upTo - after));
      if (events.length === 0) break;
      for (const event of events) state = evolve(state, event);
      after += events.length;
    }
    if (state === null) throw new Error(`run ${run} has no events up to ${String(upTo)}`);
    return state;
  }

  /** Runs that are not ended. */
  live(): ReadonlyMap<RunId, RunState> {
    return this.#live;
  }

  has(run: RunId): boolean {
    return this.#heads.has(run) || this.#damaged.has(run);
  }

  /** Nothing is to be done for it any more, or there is no such run. One that cannot be read may still be mended. */
  isForgotten(run: RunId): boolean {
    return !this.#live.has(run) && !this.#damaged.has(run);
  }

  ids(): readonly RunId[] {
    return [...this.#heads.keys()];
  }

  head(run: RunId): RunHead | null {
    const live = this.#live.get(run);
    return live === undefined ? (this.#heads.get(run) ?? null) : toRunHead(live);
  }

  /** The present state, also of an ended run. Undefined: no such run. Throws when its events cannot be folded. */
  state(run: RunId): RunState | undefined {
    const known = this.#live.get(run) ?? this.#lookedAt.get(run);
    const head = this.#heads.get(run);
    const damage = this.#damaged.get(run);
    if (damage !== undefined) throw new IntentError("damaged", `run ${run} cannot be read: ${damage}`);
    if (known !== undefined || head === undefined) return known;
    const state = this.#lookInto(run, head.seq);
    this.#lookAt(run, state);
    return state;
  }

  #lookInto(run: RunId, upTo: number): RunState {
    try {
      return this.#readable(run, upTo);
    } catch (error) {
      throw new IntentError("damaged", `run ${run} cannot be read: ${toMessage(error)}`);
    }
  }

  /** The one looked at first gives way. */
  #lookAt(run: RunId, state: RunState): void {
    const [oldest] = this.#lookedAt.keys();
    if (oldest !== undefined && this.#lookedAt.size >= MAX_LOOKED_AT) this.#lookedAt.delete(oldest);
    this.#lookedAt.set(run, state);
  }

  /** Takes a decision into the turn and says which nodes it touched. It is not durable before `commit`. */
  take(run: RunId, before: RunState | null, decision: Decision): readonly NodePath[] {
    for (const command of decision.commands) this.#commands.push({ run, command, state: decision.next });
    if (decision.events.length === 0) return [];
    if (!this.#before.has(run)) this.#before.set(run, before);
    for (const event of decision.events) this.#events.push(event);
    const touched = this.#touched.get(run) ?? new Set();
    const paths = changedPaths(before, decision);
    for (const path of paths) touched.add(path);
    this.#touched.set(run, touched);
    this.#live.set(run, decision.next);
    this.#lookedAt.delete(run);
    return paths;
  }

  /** Makes the turn durable and gives what is to be told and done. Throws `JournalError`: then `rollback`. */
  commit(): Decided {
    const heads = [...this.#before.keys()].flatMap((run) => this.#live.get(run) ?? []).map(toRunHead);
    const over = heads.filter(isOver);
    this.#journal.append(
      this.#events,
      over.map((head) => ({ collection: HEADS, key: head.run, value: toRecord(head) })),
    );
    const decided = {
      events: this.#events,
      commands: this.#commands,
      touched: this.#touched,
      over: over.map(({ run }) => run),
    };
    for (const head of heads) this.#heads.set(head.run, head);
    for (const { run } of over) {
      const state = this.#live.get(run);
      this.#live.delete(run);
      if (state !== undefined) this.#lookAt(run, state);
    }
    this.#clear();
    return decided;
  }

  /** Forgets the turn: every run it touched is as it was before. Returns these. */
  rollback(): readonly RunId[] {
    const runs = [...this.#before.keys()];
    for (const [run, before] of this.#before) {
      if (before === null) {
        this.#live.delete(run);
        this.#heads.delete(run);
      } else if (isOver(toRunHead(before))) {
        this.#live.delete(run);
      } else {
        this.#live.set(run, before);
      }
    }
    this.#clear();
    return runs;
  }

  #clear(): void {
    this.#before = new Map();
    this.#events = [];
    this.#commands = [];
    this.#touched = new Map();
  }

  delete(run: RunId): void {
    this.#journal.deleteRun(run);
    this.#journal.setRecord(HEADS, run, null);
    this.#live.delete(run);
    this.#heads.delete(run);
    this.#lookedAt.delete(run);
    this.#damaged.delete(run);
  }
}

function toRecord(head: RunHead): JsonObject {
  const { counts, error, collection, forkedFrom } = head;
  const failure = collection?.failure ?? null;
  const { forkedFrom: _, ...rest } = head;
  return {
    ...rest,
    ...(forkedFrom === undefined ? {} : { forkedFrom: { ...forkedFrom } }),
    counts: { ...counts },
    error: error && { ...error },
    collection: collection && { state: collection.state, failure: failure && { ...failure } },
  };
}

/** Written by `commit` above and by nothing else; a record of another shape is as good as none. */
function parseHead(record: JsonObject | undefined): RunHead | null {
  if (record === undefined) return null;
  const isHead =
    typeof record["run"] === "string" &&
    typeof record["workflow"] === "string" &&
    typeof record["seq"] === "number" &&
    typeof record["createdAt"] === "number" &&
    typeof record["pausedMs"] === "number" &&
    record["outFolder"] !== undefined &&
    typeof record["state"] === "string" &&
    record["counts"] !== null &&
    typeof record["counts"] === "object";
  return isHead ? (record as unknown as RunHead) : null;
}
