import type { Slots } from "#agent/runner/slots.ts";
import { PausableTimer, Stopwatch } from "#agent/runner/stopwatch.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import { toKeyText } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { Attempt, AttemptListener, AttemptRunner, EndedAttempt, OutputPiece } from "#core/ports/attempts.ts";
import type { Chance } from "./chance.ts";
import type { Errand } from "./errands.ts";
import type { Life, ProcessClock } from "./virtual-time.ts";

/** An outcome and the output of an attempt, as they lie on a machine's disk. */
export interface Kept {
  readonly app: AppId;
  readonly spec: AttemptSpec;
  readonly outcome: AttemptOutcome;
  readonly output: string;
}

/** A machine's disk: it outlives the agent. */
export type Disk = Map<string, Kept>;

/** What an agent's processes share with it: they end when it does. */
export interface Workshop {
  readonly clock: ProcessClock;
  readonly life: Life;
  readonly chance: Chance;
  readonly disk: Disk;
  readonly slots: Slots;
  readonly toErrand: (spec: AttemptSpec) => Errand;
  /** Attempts that now work, and are not stopped in place. */
  readonly working: Set<string>;
}

type Phase = "before" | "active" | "after" | "over";

/** One attempt as a machine carries it out, its process replaced by a wait in virtual time. Everything takes a moment. */
class ModelAttempt implements Attempt {
  readonly #shop: Workshop;
  readonly #app: AppId;
  readonly #spec: AttemptSpec;
  readonly #listener: AttemptListener;
  readonly #errand: Errand;
  readonly #abort = new AbortController();
  readonly #watch: Stopwatch;
  readonly #work: PausableTimer;
  readonly #timeout: PausableTimer | null;
  readonly #text: string;
  #phase: Phase = "before";
  #ending: "cancelled" | "timeout" | "abandoned" | null = null;
  #wantsFrozen = false;
  #isFrozen = false;
  #thawed = Promise.withResolvers<void>();
  #ended = Promise.withResolvers<void>();

  constructor(shop: Workshop, app: AppId, spec: AttemptSpec, listener: AttemptListener) {
    this.#shop = shop;
    this.#app = app;
    this.#spec = spec;
    this.#listener = listener;
    this.#text = toKeyText(spec.key);
    this.#errand = shop.toErrand(spec);
    this.#watch = new Stopwatch(shop.clock);
    this.#work = new PausableTimer(shop.clock, this.#errand.runsForMs, () => this.#ended.resolve());
    this.#timeout =
      spec.timeoutMs === null ? null : new PausableTimer(shop.clock, spec.timeoutMs, () => this.#end("timeout"));
    this.#soon(() => void this.#live());
  }

  #soon(run: () => void): void {
    this.#shop.clock.after(this.#shop.chance.between(0, 4), run);
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#shop.clock.after(ms, resolve));
  }

  async #live(): Promise<void> {
    const { slots, disk, chance, life } = this.#shop;
    await slots.take(this.#abort.signal);
    while (this.#wantsFrozen && this.#ending === null) {
      // What is frozen keeps no slot from others.
      slots.release();
      await this.#thawed.promise;
      await slots.take(this.#abort.signal);
    }
    if (this.#ending === null) await this.#act();
    if (!this.#isFrozen || this.#phase === "before") slots.release();
    this.#shop.working.delete(this.#text);
    this.#phase = "after";
    this.#watch.stand();
    this.#timeout?.cancel();
    if (this.#abandoned()) return this.#listener.ended(null);
    const outcome = this.#outcome();
    const kept = { app: this.#app, spec: this.#spec, outcome, output: this.#errand.output };
    // Killed while it writes: the outcome may be on the disk or not.
    if (chance.is(0.5)) await this.#after(chance.between(0, 5));
    if (life.isOver) return;
    disk.set(this.#text, kept);
    await this.#after(chance.between(0, 5));
    if (life.isOver) return;
    this.#phase = "over";
    if (this.#abandoned()) {
      disk.delete(this.#text);
      return this.#listener.ended(null);
    }
    this.#listener.ended(outcome);
  }

  #abandoned(): boolean {
    return this.#ending === "abandoned";
  }

  async #act(): Promise<void> {
    this.#phase = "active";
    this.#shop.working.add(this.#text);
    this.#watch.run();
    this.#timeout?.start();
    this.#work.start();
    this.#listener.started(1);
    for (const report of this.#errand.reports) this.#listener.report(report);
    if (this.#errand.output !== "") this.#listener.outputGrew();
    await this.#ended.promise;
  }

  #outcome(): AttemptOutcome {
    const executionMs = this.#watch.elapsedMs();
    if (this.#ending === "timeout")
      return { kind: "failure", failure: { code: "timeout", message: "it took too long" }, executionMs };
    if (this.#ending !== null) return { kind: "cancelled", executionMs };
    const { end } = this.#errand;
    return end.kind === "success"
      ? { kind: "success", result: end.result, files: [], executionMs }
      : { kind: "failure", failure: end.failure, executionMs };
  }

  #end(ending: "cancelled" | "timeout"): void {
    if (this.#ending !== null || this.#phase === "after" || this.#phase === "over") return;
    this.#ending = ending;
    this.#abort.abort();
    this.#thawed.resolve();
    this.#work.cancel();
    if (this.#phase === "active") this.#shop.clock.after(this.#errand.stopsInMs, () => this.#ended.resolve());
  }

  stop(): void {
    this.#end("cancelled");
  }

  abandon(): void {
    if (this.#phase === "over") return;
    this.#ending = "abandoned";
    this.#abort.abort();
    this.#thawed.resolve();
    this.#work.cancel();
    this.#soon(() => this.#ended.resolve());
  }

  freeze(): void {
    if (this.#wantsFrozen || this.#ending !== null || this.#phase === "after" || this.#phase === "over") return;
    this.#wantsFrozen = true;
    this.#timeout?.pause();
    if (this.#phase === "before") this.#thawed = Promise.withResolvers();
    this.#soon(() => this.#froze());
  }

  #froze(): void {
    if (!this.#wantsFrozen || this.#isFrozen || this.#phase === "after" || this.#phase === "over") return;
    this.#isFrozen = true;
    this.#watch.stand();
    this.#work.pause();
    this.#shop.working.delete(this.#text);
    if (this.#phase === "active") this.#shop.slots.release();
    this.#listener.suspended();
  }

  thaw(): void {
    if (!this.#wantsFrozen) return;
    this.#wantsFrozen = false;
    this.#soon(() => this.#woke());
  }

  #woke(): void {
    if (this.#wantsFrozen) return;
    if (this.#isFrozen && this.#phase === "active") this.#shop.slots.takeAtOnce();
    if (this.#phase === "active" && this.#ending === null) {
      this.#watch.run();
      this.#timeout?.start();
      this.#work.start();
      this.#shop.working.add(this.#text);
    }
    const wasFrozen = this.#isFrozen;
    this.#isFrozen = false;
    this.#thawed.resolve();
    if (wasFrozen && this.#phase !== "after" && this.#phase !== "over") this.#listener.resumed();
  }

  readOutput(offset: number): Promise<readonly OutputPiece[]> {
    return Promise.resolve(this.#phase === "before" ? [] : pieceOf(this.#errand.output, offset));
  }

  settle(): Promise<void> {
    return removeSoon(this.#shop, this.#text);
  }

  forget(): Promise<void> {
    return removeSoon(this.#shop, this.#text);
  }
}

function pieceOf(output: string, offset: number): readonly OutputPiece[] {
  const bytes = new TextEncoder().encode(output).subarray(offset);
  return bytes.length === 0 ? [] : [{ offset, stream: "stdout", bytes }];
}

function removeSoon({ clock, chance, disk }: Workshop, text: string): Promise<void> {
  return new Promise((resolve) => {
    clock.after(chance.between(0, 5), () => {
      disk.delete(text);
      resolve();
    });
  });
}

/** Carries attempts out on a simulated machine. */
export class ModelRunner implements AttemptRunner {
  readonly #shop: Workshop;
  readonly #trouble: () => string | null;

  constructor(shop: Workshop, trouble: () => string | null) {
    this.#shop = shop;
    this.#trouble = trouble;
  }

  start(app: AppId, spec: AttemptSpec, listener: AttemptListener): Attempt {
    return new ModelAttempt(this.#shop, app, spec, listener);
  }

  trouble(): string | null {
    return this.#trouble();
  }
}

/** What a machine's disk still holds of an earlier life of its agent. */
export function restored(shop: Workshop): readonly EndedAttempt[] {
  return [...shop.disk].map(([text, { app, spec, outcome, output }]) => ({
    app,
    key: spec.key,
    outcome,
    attempt: {
      stop() {},
      abandon() {},
      freeze() {},
      thaw() {},
      readOutput: (offset) => Promise.resolve(pieceOf(output, offset)),
      settle: () => removeSoon(shop, text),
      forget: () => removeSoon(shop, text),
    },
  }));
}
