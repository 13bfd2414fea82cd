import type { JsonObject } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { Journal, JournalRecord, JournalRun } from "#core/ports/journal.ts";
import { JournalError } from "#main/persistence/journal-error.ts";
import type { MemoryJournal } from "#main/persistence/memory-journal.ts";
import type { Life } from "./virtual-time.ts";

/** Thrown into a process that is killed in the middle of a call. Whoever catches it there catches it in a dead process. */
export class Killed extends Error {}

/** What may go wrong with one append. `torn`: killed before anything is on the disk; `kept`: killed when all of it is. */
export type AppendTrouble = "refused" | "torn" | "kept";

/** The journal as one life of the coordinator sees it: what it appended before it was killed is there, the rest is not. */
export class CrashingJournal implements Journal {
  readonly #disk: MemoryJournal;
  readonly #life: Life;
  readonly #trouble: () => AppendTrouble | null;
  readonly #kill: () => void;
  readonly #appended: (events: readonly RunEvent[]) => void;

  constructor(input: {
    readonly disk: MemoryJournal;
    readonly life: Life;
    readonly trouble: () => AppendTrouble | null;
    readonly kill: () => void;
    readonly appended: (events: readonly RunEvent[]) => void;
  }) {
    this.#disk = input.disk;
    this.#life = input.life;
    this.#trouble = input.trouble;
    this.#kill = input.kill;
    this.#appended = input.appended;
  }

  append(events: readonly RunEvent[], records: readonly JournalRecord[] = []): void {
    this.#checkAlive();
    if (events.length === 0) return;
    const trouble = this.#trouble();
    if (trouble === "refused") throw new JournalError("full", "the disk is full, for this once");
    if (trouble === "torn") this.#kill();
    else {
      this.#disk.append(events, records);
      this.#appended(events);
      if (trouble === "kept") this.#kill();
    }
    this.#checkAlive();
  }

  #checkAlive(): void {
    if (this.#life.isOver) throw new Killed("this process is dead");
  }

  runs(): readonly JournalRun[] {
    return this.#disk.runs();
  }

  /** As from a disk: nothing is shared with whoever wrote it. */
  read(run: RunId, after: number, limit: number): readonly RunEvent[] {
    return this.#disk.read(run, after, limit).map((event): RunEvent => JSON.parse(JSON.stringify(event)));
  }

  deleteRun(run: RunId): void {
    this.#checkAlive();
    this.#disk.deleteRun(run);
  }

  record(collection: string, key: string): JsonObject | undefined {
    return this.#disk.record(collection, key);
  }

  records(collection: string): readonly (readonly [string, JsonObject])[] {
    return this.#disk.records(collection);
  }

  setRecord(collection: string, key: string, value: JsonObject | null): void {
    this.#checkAlive();
    this.#disk.setRecord(collection, key, value);
  }

  dispose(): void {
    // The disk outlives the process.
  }
}
