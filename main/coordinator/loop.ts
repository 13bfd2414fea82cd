import type { Clock } from "#core/ports/clock.ts";
import type { Happening } from "./happening.ts";

/** Happenings that may wait for their turn; above it agents' links are slowed by their own windows, and requests are refused. */
export const MAX_QUEUE = 200_000;
/** Happenings handled in one turn, that is in one transaction. */
const MAX_A_TURN = 2_000;
const RETRY_MS = 1_000;

export interface TurnWork {
  /** Decides all of the batch, makes it durable, then tells and carries out. Throws when it could not be made durable. */
  turn(batch: readonly Happening[]): void;
  /** The batch could not be made durable: what waits for an answer gets this one; the rest comes again later. */
  refused(batch: readonly Happening[], error: unknown): readonly Happening[];
}

/**
 * The coordinator's one loop: timers, sockets and requests put happenings into one queue, and each turn of the loop handles all that
 * has arrived by then as one transaction.
 */
export class Loop {
  readonly #work: TurnWork;
  readonly #clock: Clock;
  readonly #nextTurn: (work: () => void) => void;
  #queue: Happening[] = [];
  #isPlanned = false;
  #isStopped = false;

  constructor(work: TurnWork, ports: { readonly clock: Clock; readonly nextTurn: (work: () => void) => void }) {
    this.#work = work;
    this.#clock = ports.clock;
    this.#nextTurn = ports.nextTurn;
  }

  readonly enqueue = (happening: Happening): void => {
    if (this.#isStopped) return;
    this.#queue.push(happening);
    this.#plan();
  };

  get isFull(): boolean {
    return this.#queue.length >= MAX_QUEUE;
  }

  #plan(): void {
    if (this.#isPlanned || this.#isStopped) return;
    this.#isPlanned = true;
    this.#nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#isPlanned = false;
    if (this.#isStopped) return;
    const batch = this.#queue.length <= MAX_A_TURN ? this.#queue : this.#queue.slice(0, MAX_A_TURN);
    this.#queue = this.#queue.length <= MAX_A_TURN ? [] : this.#queue.slice(MAX_A_TURN);
    try {
      this.#work.turn(batch);
    } catch (error) {
      this.#queue = [...this.#work.refused(batch, error), ...this.#queue];
      this.#isPlanned = true;
      this.#clock.after(RETRY_MS, () => this.#turn());
      return;
    }
    if (this.#queue.length > 0) this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
  }
}
