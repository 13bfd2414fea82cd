import type { JsonObject } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { Journal, JournalRecord, JournalRun } from "#core/ports/journal.ts";
import { JournalError } from "./journal-error.ts";

/** A journal that lives as long as the process: for `simulate` and tests. Keeps the contract of `Journal` but durability. */
export class MemoryJournal implements Journal {
  readonly #events = new Map<RunId, RunEvent[]>();
  readonly #records = new Map<string, Map<string, JsonObject>>();

  append(events: readonly RunEvent[], records: readonly JournalRecord[] = []): void {
    const added = new Map<RunId, number>();
    for (const event of events) {
      const before = added.get(event.run) ?? this.#events.get(event.run)?.length ?? 0;
      if (event.seq !== before + 1) {
        throw new JournalError(
          "gap",
          `run ${event.run}: expected event ${String(before + 1)}, found ${String(event.seq)}`,
        );
      }
      added.set(event.run, event.seq);
    }
    for (const event of events) {
      const list = this.#events.get(event.run);
      if (list) list.push(event);
      else this.#events.set(event.run, [event]);
    }
    for (const { collection, key, value } of records) this.setRecord(collection, key, value);
  }

  runs(): readonly JournalRun[] {
    return [...this.#events].map(([run, events]) => ({ run, lastSeq: events.length }));
  }

  read(run: RunId, after: number, limit: number): readonly RunEvent[] {
    return (this.#events.get(run) ?? []).slice(after, after + limit);
  }

  deleteRun(run: RunId): void {
    this.#events.delete(run);
  }

  record(collection: string, key: string): JsonObject | undefined {
    return this.#records.get(collection)?.get(key);
  }

  records(collection: string): readonly (readonly [string, JsonObject])[] {
    return [...(this.#records.get(collection) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  setRecord(collection: string, key: string, value: JsonObject | null): void {
    const records = this.#records.get(collection) ?? new Map<string, JsonObject>();
    this.#records.set(collection, records);
    if (value === null) records.delete(key);
    else records.set(key, value);
  }

  dispose(): void {
    this.#events.clear();
    this.#records.clear();
  }
}
