import { learn, parseRunTimes, type Sample, withTime } from "#core/fleet/learn.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import { type RunTimes, toPattern } from "#core/model/run-times.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Journal } from "#core/ports/journal.ts";

const COLLECTION = "run-times";
/** Workflows whose times are kept; the one that ran longest ago gives way. */
const MAX_WORKFLOWS = 500;
/** Patterns of one run that are counted. */
const MAX_COUNTED = 20_000;
/** What was learned is written together, at most so often. A crash before that loses what these runs have shown, and nothing else. */
const WRITE_EVERY_MS = 5_000;

interface Learned {
  readonly times: RunTimes;
  readonly order: number;
}

/** How long the tasks of each workflow take, learned from runs as they end. Rule FLEET-7. */
export class LearnedTimes {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #byWorkflow = new Map<string, Learned>();
  readonly #samples = new Map<RunId, Map<string, Sample>>();
  readonly #unwritten = new Set<string>();
  #order = 0;
  #writtenMs: number;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#writtenMs = clock.monotonicMs();
    for (const [workflow, value] of journal.records(COLLECTION)) {
      const times = parseRunTimes(value);
      const order = typeof value["order"] === "number" ? value["order"] : 0;
      if (times !== null) this.#byWorkflow.set(workflow, { times, order });
      this.#order = Math.max(this.#order, order);
    }
  }

  /** Null: nothing is known. */
  of(workflow: string): RunTimes | null {
    return this.#byWorkflow.get(workflow)?.times ?? null;
  }

  /** Takes note of durable events. What a person completed by hand says nothing of how long it takes. */
  note(events: readonly RunEvent[]): void {
    for (const { run, path, data } of events) {
      if (data["kind"] !== "completed" || data["value"] === null || data["by"] !== null) continue;
      const executionMs = data["executionMs"];
      if (typeof executionMs !== "number") continue;
      const samples = this.#samples.get(run) ?? new Map<string, Sample>();
      this.#samples.set(run, samples);
      const pattern = toPattern(path);
      const sample = samples.get(pattern);
      if (sample !== undefined || samples.size < MAX_COUNTED) samples.set(pattern, withTime(sample, executionMs));
    }
  }

  /** The run has ended. */
  ended(run: RunId, workflow: string): void {
    const samples = this.#samples.get(run);
    this.#samples.delete(run);
    if (samples === undefined) return;
    const times = learn(this.of(workflow), samples);
    this.#byWorkflow.set(workflow, { times, order: ++this.#order });
    this.#unwritten.add(workflow);
  }

  writeIfDue(): void {
    if (this.#clock.monotonicMs() - this.#writtenMs >= WRITE_EVERY_MS) this.write();
  }

  /** Throws when the journal takes nothing; it is written the next time then. */
  write(): void {
    this.#writtenMs = this.#clock.monotonicMs();
    while (this.#byWorkflow.size > MAX_WORKFLOWS) this.#forgetOldest();
    for (const workflow of this.#unwritten) {
      const learned = this.#byWorkflow.get(workflow);
      const value = learned && {
        times: { ...learned.times.times },
        otherMs: learned.times.otherMs,
        order: learned.order,
      };
      this.#journal.setRecord(COLLECTION, workflow, value ?? null);
      this.#unwritten.delete(workflow);
    }
  }

  #forgetOldest(): void {
    let oldest: { readonly workflow: string; readonly order: number } | null = null;
    for (const [workflow, { order }] of this.#byWorkflow)
      if (oldest === null || order < oldest.order) oldest = { workflow, order };
    if (oldest === null) return;
    this.#byWorkflow.delete(oldest.workflow);
    this.#unwritten.add(oldest.workflow);
  }
}
