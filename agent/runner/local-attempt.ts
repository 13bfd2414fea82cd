import { rm } from "node:fs/promises";
import type { Json } from "#core/base/json.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { Attempt, AttemptListener, OutputPiece } from "#core/ports/attempts.ts";
import type { Clock } from "#core/ports/clock.ts";
import { MAX_MESSAGE_BYTES } from "#core/protocol/limits.ts";
import type { Activity } from "./activity.ts";
import { type AttemptPlaces, makePlaces } from "./attempt-folders.ts";
import { collectOutputs } from "./collect-outputs.ts";
import { AttemptError, toFailure } from "./errors.ts";
import { OutputLog } from "./output-log.ts";
import type { KeptOutcome, Outbox } from "./outbox.ts";
import { placeInputs } from "./place-inputs.ts";
import type { AttemptFiles } from "./ports.ts";
import { toTaskReport } from "./reports.ts";
import type { Slots } from "./slots.ts";
import { PausableTimer, Stopwatch } from "./stopwatch.ts";

/** Room in one message for what is around an outcome. */
const MAX_OUTCOME_BYTES = MAX_MESSAGE_BYTES - 64 * 1024;

export interface LocalAttemptInput {
  readonly app: AppId;
  readonly spec: AttemptSpec;
  readonly places: AttemptPlaces;
  readonly activity: Activity;
  /** Null: it takes no slot. */
  readonly slots: Slots | null;
  /** Whether it is a process, which has folders and an output. */
  readonly isProcess: boolean;
  readonly outbox: Outbox;
  readonly files: AttemptFiles;
  readonly clock: Clock;
  readonly listener: AttemptListener;
}

/** `before`: files and slot; `active`: the activity runs; `after`: it ended, its files are taken; `over`: told. */
type Phase = "before" | "active" | "after" | "over";
type Ending = "cancelled" | "timeout" | "abandoned";

/** One attempt from its files to its outcome. */
export class LocalAttempt implements Attempt {
  readonly #input: LocalAttemptInput;
  readonly #output: OutputLog;
  readonly #abort = new AbortController();
  readonly #watch: Stopwatch;
  readonly #timeout: PausableTimer | undefined;
  #phase: Phase = "before";
  #ending: Ending | undefined;
  /** What was asked for last, and what is so. */
  #wantsFrozen = false;
  #isFrozen = false;
  #thawed: PromiseWithResolvers<void> | undefined;
  readonly #finished: Promise<void>;
  /** What is no process, and has no files, needs no folders. */
  readonly #hasPlaces: boolean;
  #kept: KeptOutcome | undefined;

  constructor(input: LocalAttemptInput) {
    this.#input = input;
    const { clock, spec, places } = input;
    this.#hasPlaces = input.isProcess || spec.filesIn.length > 0 || spec.filesOut.length > 0;
    this.#output = new OutputLog(places.log);
    this.#watch = new Stopwatch(clock);
    if (spec.timeoutMs !== null) this.#timeout = new PausableTimer(clock, spec.timeoutMs, () => this.#end("timeout"));
    // Later, so that the listener hears nothing before whoever created this knows it.
    this.#finished = Promise.resolve().then(() => this.#live());
  }

  stop(): void {
    this.#end("cancelled");
  }

  abandon(): void {
    if (this.#phase === "over") return;
    this.#ending = "abandoned";
    this.#abort.abort();
    this.#thawed?.resolve();
    if (this.#phase === "active") this.#input.activity.kill();
  }

  freeze(): void {
    if (this.#wantsFrozen || this.#ending !== undefined || this.#phase === "after" || this.#phase === "over") return;
    this.#wantsFrozen = true;
    this.#timeout?.pause();
    if (this.#phase === "active") return this.#input.activity.freeze();
    this.#thawed = Promise.withResolvers();
    queueMicrotask(() => this.#frozen());
  }

  thaw(): void {
    if (!this.#wantsFrozen) return;
    this.#wantsFrozen = false;
    if (this.#phase === "active" && this.#ending === undefined) this.#timeout?.start();
    if (this.#phase === "active") return this.#input.activity.thaw();
    queueMicrotask(() => {
      this.#woke();
      this.#thawed?.resolve();
    });
  }

  readOutput(offset: number, maxBytes: number): Promise<readonly OutputPiece[]> {
    return this.#output.read(offset, maxBytes);
  }

  async settle(): Promise<void> {
    await this.#kept?.taken();
  }

  async forget(): Promise<void> {
    await this.#finished;
    await this.#remove();
  }

  async #remove(): Promise<void> {
    await this.#kept?.taken();
    if (!this.#hasPlaces) return;
    const { log, root } = this.#input.places;
    await Promise.all([log, root].map((path) => rm(path, { recursive: true, force: true })));
  }

  #end(ending: Ending): void {
    if (this.#ending !== undefined || this.#phase === "after" || this.#phase === "over") return;
    this.#ending = ending;
    this.#abort.abort();
    this.#timeout?.cancel();
    this.#thawed?.resolve();
    if (this.#phase === "active") this.#input.activity.stop();
  }

  async #live(): Promise<void> {
    const outcome = await this.#work();
    this.#phase = "over";
    const { listener, places, app, spec, outbox } = this.#input;
    if (this.#ending === "abandoned") {
      await this.#remove();
      return listener.ended(null);
    }
    this.#kept = outbox.keep(places, { app, key: spec.key, outcome });
    listener.ended(outcome);
  }

  async #work(): Promise<AttemptOutcome> {
    try {
      await this.#prepare();
      const result = await this.#act();
      return await this.#succeed(result);
    } catch (error) {
      const executionMs = this.#watch.elapsedMs();
      if (this.#ending === "timeout") return { kind: "failure", failure: this.#timeoutFailure(), executionMs };
      if (this.#ending !== undefined) return { kind: "cancelled", executionMs };
      return { kind: "failure", failure: toFailure(error, "agent"), executionMs };
    } finally {
      this.#timeout?.cancel();
    }
  }

  async #prepare(): Promise<void> {
    if (!this.#hasPlaces) return;
    const { files, app, spec, places } = this.#input;
    await makePlaces(places);
    await placeInputs(files, { app, run: spec.key.run }, spec.filesIn, places.work, this.#abort.signal);
    this.#checkGoingOn();
  }

  async #act(): Promise<Json> {
    const { slots, activity } = this.#input;
    await slots?.take(this.#abort.signal);
    try {
      while (this.#wantsFrozen && this.#ending === undefined) {
        // What is frozen keeps no slot from others.
        slots?.release();
        await this.#thawed?.promise;
        await slots?.take(this.#abort.signal);
      }
      this.#checkGoingOn();
      this.#phase = "active";
      return await activity.run({
        started: (pid) => this.#started(pid),
        frozen: () => this.#frozen(),
        thawed: () => this.#woke(),
        grew: () => this.#input.listener.outputGrew(),
        reported: (line) => this.#input.listener.report(toTaskReport(line)),
      });
    } finally {
      this.#phase = "after";
      this.#watch.stand();
      if (!this.#isFrozen) slots?.release();
      if (this.#input.isProcess) this.#input.listener.outputGrew();
    }
  }

  async #succeed(result: Json): Promise<AttemptOutcome> {
    this.#checkGoingOn();
    if (!this.#hasPlaces) return { kind: "success", result, files: [], executionMs: this.#watch.elapsedMs() };
    const { files: store, app, spec, places } = this.#input;
    const files = await collectOutputs(store, { app, run: spec.key.run }, spec.filesOut, places.work);
    const outcome: AttemptOutcome = { kind: "success", result, files, executionMs: this.#watch.elapsedMs() };
    if (Buffer.byteLength(JSON.stringify(outcome)) <= MAX_OUTCOME_BYTES) return outcome;
    throw new AttemptError(
      "files",
      "the names of the output files are too long in sum; take fewer files, or pack them into one",
    );
  }

  #checkGoingOn(): void {
    if (this.#ending !== undefined) throw new AttemptError("cancelled", "the attempt was stopped");
  }

  #started(pid: number | null): void {
    this.#watch.run();
    if (!this.#wantsFrozen) this.#timeout?.start();
    this.#input.listener.started(pid);
  }

  #frozen(): void {
    if (!this.#wantsFrozen || this.#isFrozen || this.#phase === "after" || this.#phase === "over") return;
    this.#isFrozen = true;
    this.#watch.stand();
    if (this.#phase === "active") this.#input.slots?.release();
    this.#input.listener.suspended();
  }

  #woke(): void {
    if (this.#wantsFrozen || !this.#isFrozen || this.#phase === "after" || this.#phase === "over") return;
    this.#isFrozen = false;
    if (this.#phase === "active") {
      this.#watch.run();
      this.#input.slots?.takeAtOnce();
    }
    this.#input.listener.resumed();
  }

  #timeoutFailure(): { readonly code: string; readonly message: string } {
    const limit = this.#input.spec.timeoutMs ?? 0;
    return { code: "timeout", message: `the attempt took longer than its timeout of ${limit} ms and was ended` };
  }
}

/** What an earlier process of this agent finished: only its output is left. */
export class EndedLocalAttempt implements Attempt {
  readonly #places: AttemptPlaces;
  readonly #output: OutputLog;

  constructor(places: AttemptPlaces) {
    this.#places = places;
    this.#output = new OutputLog(places.log);
  }

  stop(): void {
    // It ended before.
  }

  abandon(): void {
    void this.forget();
  }

  freeze(): void {
    // It ended before.
  }

  thaw(): void {
    // It ended before.
  }

  readOutput(offset: number, maxBytes: number): Promise<readonly OutputPiece[]> {
    return this.#output.read(offset, maxBytes);
  }

  async settle(): Promise<void> {
    await rm(this.#places.outcome, { force: true });
  }

  async forget(): Promise<void> {
    await Promise.all(
      [this.#places.outcome, this.#places.log, this.#places.root].map((path) =>
        rm(path, { recursive: true, force: true }),
      ),
    );
  }
}
