import type { IpcError } from "#core/ipc/frames.ts";
import type { RunId } from "#core/model/id.ts";
import type { MethodResults } from "#core/ipc/methods.ts";
import type { Timeline } from "#core/model/timeline.ts";
import type { App } from "./app.svelte.ts";

/** Between two questions about a run that goes on. */
const REFRESH_MS = 1_000;

export type KeptSnapshots = MethodResults["run.snapshots"];

/** What happened in a run and which snapshots there are of it: grows while the run does, asked for at most once a second. */
export class RunTimeline {
  readonly #app: App;
  readonly #run: RunId;
  #data: Timeline | null = $state.raw(null);
  #kept: KeptSnapshots = $state.raw({ snapshots: [], damaged: [] });
  #error: IpcError | null = $state.raw(null);
  #wanted = 0;
  #isAsking = false;
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(app: App, run: RunId) {
    this.#app = app;
    this.#run = run;
  }

  get data(): Timeline | null {
    return this.#data;
  }

  get kept(): KeptSnapshots {
    return this.#kept;
  }

  get error(): IpcError | null {
    return this.#error;
  }

  /** The run is known to have come to event `seq`. */
  grow(seq: number): void {
    this.#wanted = Math.max(this.#wanted, seq);
    if (!this.#isAsking) void this.#follow();
  }

  async refreshSnapshots(): Promise<void> {
    const answer = await this.#app.request("run.snapshots", { run: this.#run });
    if (answer.ok) this.#kept = answer.value;
  }

  dispose(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async #follow(): Promise<void> {
    this.#isAsking = true;
    while (!this.#isEnded && (this.#data?.seq ?? 0) < this.#wanted) {
      const isComplete = await this.#ask();
      if (this.#error !== null) break;
      if (isComplete) await this.#pause();
    }
    this.#isAsking = false;
  }

  /** False while there is more to ask for at once. */
  async #ask(): Promise<boolean> {
    const known = this.#data;
    const have = known === null ? {} : { have: { size: known.size, count: Math.max(0, known.buckets.length - 1) } };
    const answer = await this.#app.request("run.timeline", { run: this.#run, ...have });
    if (!answer.ok) {
      this.#error = answer.error;
      return true;
    }
    const { first, last, ...part } = answer.value;
    this.#error = null;
    this.#data = { ...part, buckets: [...(known?.buckets.slice(0, first) ?? []), ...part.buckets] };
    return part.seq >= last;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REFRESH_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
