import type { EpochMs, Millis } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";

interface Moment {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/** 2027-01-01, when every simulated world begins. */
const BEGIN = 1_798_761_600_000;

/** Awaiting it lets promises that are settled go one step on, and nothing else happen. */
export const SOON = Promise.resolve();

/** Time that passes from one thing that happens to the next. What is due at the same time happens in the order of its setting. */
export class VirtualTime {
  nowMs = 0;
  #order = 0;
  readonly #heap: Moment[] = [];

  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const moment: Moment = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(moment);
    return () => {
      moment.run = null;
    };
  }

  /** Lets the next thing happen, if it does so before `untilMs`. */
  step(untilMs: number): boolean {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.run !== null && top.atMs > untilMs) return false;
      this.#pop();
      if (top.run === null) continue;
      this.nowMs = Math.max(this.nowMs, top.atMs);
      const { run } = top;
      top.run = null;
      run();
      return true;
    }
    return false;
  }

  #push(moment: Moment): void {
    const heap = this.#heap;
    let at = heap.push(moment) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, moment)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = moment;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const isRight = right !== undefined && left !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** One life of a process: once it is over, nothing that the process waits for happens, and nothing it does has an effect. */
export class Life {
  isOver = false;
}

/** How far the clock on a machine's wall is from the time that has passed. */
export interface WallClock {
  offsetMs: number;
}

/** The clock of one life of a process. */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #life: Life;
  readonly #wall: WallClock;

  constructor(time: VirtualTime, life: Life, wall: WallClock = { offsetMs: 0 }) {
    this.#time = time;
    this.#life = life;
    this.#wall = wall;
  }

  now(): EpochMs {
    return (BEGIN + this.#wall.offsetMs + Math.floor(this.#time.nowMs)) as EpochMs;
  }

  monotonicMs(): Millis {
    return Math.floor(this.#time.nowMs) as Millis;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#time.after(delayMs, () => {
      if (!this.#life.isOver) run();
    });
  }
}
