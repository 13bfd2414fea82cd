import type { Result } from "#core/base/result.ts";
import type { IpcError } from "#core/ipc/frames.ts";
import type { RunId } from "#core/model/id.ts";

/** For so long a deletion can be taken back. */
export const UNDO_MS = 10_000;

/**
 * Runs that the person has deleted. They are out of sight at once and really deleted when the time to undo is over: a window that is closed
 * before has deleted nothing.
 */
export class Removals {
  /** Out of sight; those still waiting, and those whose deletion is under way. */
  hidden: ReadonlySet<RunId> = $state.raw(new Set());
  /** Can still be taken back. */
  waiting: readonly RunId[] = $state.raw([]);
  error: IpcError | null = $state.raw(null);
  readonly #remove: (run: RunId) => Promise<Result<unknown, IpcError>>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(remove: (run: RunId) => Promise<Result<unknown, IpcError>>) {
    this.#remove = remove;
  }

  /** Those that waited before are deleted now. */
  add(runs: readonly RunId[]): void {
    void this.finish();
    this.error = null;
    this.waiting = runs;
    this.hidden = new Set([...this.hidden, ...runs]);
    this.#timer = setTimeout(() => void this.finish(), UNDO_MS);
  }

  undo(): void {
    clearTimeout(this.#timer);
    this.#show(this.waiting);
    this.waiting = [];
  }

  /** Deletes what waits, one after the other. What cannot be deleted comes back, with the reason. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    const runs = this.waiting;
    this.waiting = [];
    for (const run of runs) {
      const answer = await this.#remove(run);
      if (answer.ok) continue;
      this.error = answer.error;
      this.#show([run]);
    }
  }

  #show(runs: readonly RunId[]): void {
    this.hidden = new Set([...this.hidden].filter((run) => !runs.includes(run)));
  }
}
