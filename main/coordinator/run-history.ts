import { evolve } from "#core/engine/evolve.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { Timeline } from "#core/model/timeline.ts";
import { TimelineIndex } from "#core/monitoring/timeline-index.ts";
import { IntentError } from "./intent-error.ts";
import type { CoordinatorPorts } from "./ports.ts";

/** Events read in one turn of the loop: others have theirs in between. */
const EVENTS_A_READ = 2_000;
/** Events summed up for one answer; the rest follows in the next. */
const EVENTS_AN_ANSWER = 100_000;
/** States of one run kept on the way, evenly spread over its events. */
const MAX_MARKS = 32;
const FIRST_SPACING = 256;
/** Node records in the marks of one run, shared ones counted each time: a bound of the memory they take. */
const MAX_MARKED_NODES = 400_000;
/** States answered with last: a person goes on from one of them. */
const MAX_RECENT = 3;

type Ports = Pick<CoordinatorPorts, "journal" | "nextTurn">;

/**
 * The past of one run. All its states come of one fold, so that the difference of two costs what lies between them; some are kept on
 * the way, so that a state is a short fold away. Rule SNAP-4.
 */
export class RunHistory {
  readonly #ports: Ports;
  readonly #run: RunId;
  readonly #timeline = new TimelineIndex();
  #marks: RunState[] = [];
  #spacing = FIRST_SPACING;
  #recent: RunState[] = [];
  /** One thing after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(ports: Ports, run: RunId) {
    this.#ports = ports;
    this.#run = run;
  }

  /** How many node records it keeps, at most: shared ones count each time. */
  get weight(): number {
    return [...this.#marks, ...this.#recent].reduce((sum, state) => sum + state.nodes.size, 0);
  }

  /** The state after event `seq`. Rejects when there is no such event. */
  at(seq: number): Promise<RunState> {
    return this.#next(() => this.#fold(seq));
  }

  /** What happened up to event `last`, or as far of it as one answer takes. Buckets from `first` on if they are of `size`, else all. */
  timeline(
    last: number,
    size: number,
    first: number,
  ): Promise<{ readonly timeline: Timeline; readonly first: number }> {
    return this.#next(async () => {
      const upTo = Math.min(last, this.#timeline.seq + EVENTS_AN_ANSWER);
      await this.#read(this.#timeline.seq, upTo, (event) => this.#timeline.add(event));
      const whole = this.#timeline.read(first);
      return whole.size === size ? { timeline: whole, first } : { timeline: this.#timeline.read(), first: 0 };
    });
  }

  /** Tells the events after `after` up to `upTo`. */
  events(after: number, upTo: number, take: (event: RunEvent) => void): Promise<void> {
    return this.#next(() => this.#read(after, upTo, take));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #fold(seq: number): Promise<RunState> {
    let state = this.#nearest(seq);
    await this.#read(state?.seq ?? 0, seq, (event) => {
      state = evolve(state, event);
      this.#mark(state);
    });
    if (state?.seq !== seq) throw new IntentError("not-found", `run ${this.#run} has no event ${String(seq)} any more`);
    const found = state;
    this.#recent = [found, ...this.#recent.filter((one) => one.seq !== seq)].slice(0, MAX_RECENT);
    return found;
  }

  #nearest(seq: number): RunState | null {
    let found: RunState | null = null;
    for (const state of [...this.#marks, ...this.#recent])
      if (state.seq <= seq && state.seq > (found?.seq ?? 0)) found = state;
    return found;
  }

  #mark(state: RunState): void {
    if (state.seq % this.#spacing !== 0 || state.seq <= (this.#marks.at(-1)?.seq ?? 0)) return;
    this.#marks.push(state);
    const limit = Math.min(MAX_MARKS, Math.max(2, Math.floor(MAX_MARKED_NODES / state.nodes.size)));
    while (this.#marks.length > limit) {
      this.#spacing *= 2;
      this.#marks = this.#marks.filter(({ seq }) => seq % this.#spacing === 0);
    }
  }

  async #read(after: number, upTo: number, take: (event: RunEvent) => void): Promise<void> {
    for (let at = after; at < upTo;) {
      const events = this.#ports.journal.read(this.#run, at, Math.min(EVENTS_A_READ, upTo - at));
      if (events.length === 0) return;
      for (const event of events) take(event);
      at += events.length;
      if (at < upTo) await new Promise<void>((resolve) => this.#ports.nextTurn(resolve));
    }
  }
}
