import { getContext, setContext } from "svelte";
import type { Result } from "#core/base/result.ts";
import type { IpcError } from "#core/ipc/frames.ts";
import type { MethodParams } from "#core/ipc/methods.ts";
import type { RunStep } from "#core/ipc/time-methods.ts";
import type { OrderedNode } from "#core/ipc/topics.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import type { App } from "./app.svelte.ts";
import type { NodeSource } from "./run-model.svelte.ts";
import type { TopicMirror } from "./topic-mirror.ts";
import type { Topic } from "./topic.svelte.ts";

/** A run as it was after an event. */
export interface Instant extends NodeSource {
  readonly head: RunHead;
  readonly time: number;
}

/**
 * Which moment of a run is shown: the present, which goes on, or an instant of the past. However fast it is moved, one step is asked for at
 * a time, to where it is by then; what is shown is what came last. Rule WIN-15.
 */
export class RunMoment {
  readonly #app: App;
  readonly #run: RunId;
  readonly #topic: Topic<"run">;
  #at: number | null = $state.raw(null);
  #instant: Instant | null = $state.raw(null);
  #error: IpcError | null = $state.raw(null);
  #mirror: TopicMirror<RunHead, OrderedNode> | null = null;
  #isAsking = false;
  #isEnded = false;

  constructor(app: App, run: RunId, topic: Topic<"run">) {
    this.#app = app;
    this.#run = run;
    this.#topic = topic;
  }

  /** The event that is wanted; null: the present. */
  get at(): number | null {
    return this.#at;
  }

  /** What is shown of the past; null while nothing of it has come, and in the present. */
  get instant(): Instant | null {
    return this.#at === null ? null : this.#instant;
  }

  /** Nothing can be done to what is past. */
  get isPast(): boolean {
    return this.#at !== null;
  }

  /** Why the wanted instant cannot be shown. */
  get error(): IpcError | null {
    return this.#at === null ? null : this.#error;
  }

  go(at: number | null): void {
    this.#at = at;
    this.#error = null;
    if (at === null) {
      this.#instant = null;
      this.#mirror = null;
      this.#app.clock.hold(null);
    } else if (!this.#isAsking) void this.#follow();
  }

  dispose(): void {
    this.#isEnded = true;
    this.#app.clock.hold(null);
  }

  /** Asks until what is shown is what is wanted. */
  async #follow(): Promise<void> {
    this.#isAsking = true;
    while (!this.#isEnded && this.#at !== null && this.#error === null && this.#at !== this.#instant?.head.seq)
      await this.#step(this.#at);
    this.#isAsking = false;
  }

  async #step(to: number): Promise<void> {
    const isFirst = this.#mirror === null;
    const mirror: TopicMirror<RunHead, OrderedNode> = this.#mirror ?? this.#topic.copy();
    this.#mirror = mirror;
    const from = mirror.head?.seq ?? null;
    const ask = (params: MethodParams<"run.step">) => this.#app.request("run.step", params);
    for (let first: number | null = 0; first !== null;) {
      const answer: Result<RunStep, IpcError> = await ask({ run: this.#run, from, to, told: isFirst, first });
      // It is back in the present, or in another past that began anew.
      if (this.#isEnded || this.#mirror !== mirror) return;
      if (!answer.ok) {
        this.#mirror = null;
        this.#instant = null;
        this.#error = answer.error;
        return;
      }
      const { head, time, upsert, remove, next }: RunStep = answer.value;
      mirror.change(head, upsert, remove);
      first = next;
      if (next === null) this.#show(mirror, head, time);
    }
  }

  #show({ items, structure }: TopicMirror<RunHead, OrderedNode>, head: RunHead, time: number): void {
    this.#instant = { items, structure, head, time };
    this.#app.clock.hold(time);
  }
}

const MOMENT = Symbol("moment");

export function provideMoment(moment: RunMoment): void {
  setContext(MOMENT, moment);
}

/** The moment that the run page shows; undefined where there is no run, in a preview say. */
export function useMoment(): RunMoment | undefined {
  return getContext<RunMoment | undefined>(MOMENT);
}
