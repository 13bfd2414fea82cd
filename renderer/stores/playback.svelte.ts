import type { TimeScale } from "#core/view/time-scale.ts";
import { msOf, seqAtMs } from "#core/view/time-scale.ts";
import { nextPaint } from "./next-frame.ts";

export const SPEEDS: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

/** Moves through the events of a run as time did, faster. */
export class Playback {
  readonly #scale: () => TimeScale | null;
  readonly #ongo: (seq: number | null) => void;
  speed: number = $state(8);
  #isPlaying = $state.raw(false);
  #seq = 0;
  #ms = 0;
  #before = 0;
  #cancel: (() => void) | null = null;

  constructor(scale: () => TimeScale | null, ongo: (seq: number | null) => void) {
    this.#scale = scale;
    this.#ongo = ongo;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** From event `seq` on; from the beginning when it is null or the last. */
  play(seq: number | null): void {
    const scale = this.#scale();
    if (scale === null) return;
    this.#isPlaying = true;
    this.#seek(scale, seq === null || seq >= scale.last ? 1 : seq);
    this.#before = performance.now();
    this.#cancel = nextPaint(() => this.#step());
  }

  stop(): void {
    this.#isPlaying = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** The axis has changed under it. */
  rescale(): void {
    const scale = this.#scale();
    if (scale !== null && this.#isPlaying) this.#ms = msOf(scale, this.#seq);
  }

  #seek(scale: TimeScale, seq: number): void {
    this.#ms = msOf(scale, seq);
    this.#seq = seq;
    this.#ongo(seq);
  }

  #step(): void {
    const scale = this.#scale();
    const now = performance.now();
    this.#ms += (now - this.#before) * this.speed;
    this.#before = now;
    if (scale === null || this.#ms >= scale.lengthMs) {
      this.stop();
      this.#ongo(null);
      return;
    }
    const seq = seqAtMs(scale, this.#ms);
    if (seq !== this.#seq) this.#ongo(seq);
    this.#seq = seq;
    this.#cancel = nextPaint(() => this.#step());
  }
}
