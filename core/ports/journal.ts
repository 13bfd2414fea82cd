import type { Disposable } from "../base/dispose.ts";
import type { JsonObject } from "../base/json.ts";
import type { RunId } from "../model/id.ts";
import type { RunEvent } from "../model/event.ts";

/** A run as the journal knows it, without folding its events. */
export interface JournalRun {
  readonly run: RunId;
  readonly lastSeq: number;
}

/** A value that is kept beside the events. */
export interface JournalRecord {
  readonly collection: string;
  readonly key: string;
  readonly value: JsonObject;
}

/**
 * The truth: every event of every run, in order. Rule RUN-2.
 * `append` is one transaction, durable when it returns; a gap or a repeated number is refused with `JournalError` and nothing is
 * written. Values given to `setRecord` (pairings, settings, library) are durable when it returns as well.
 */
export interface Journal extends Disposable {
  /** `records` are written in the same transaction. */
  append(events: readonly RunEvent[], records?: readonly JournalRecord[]): void;
  runs(): readonly JournalRun[];
  /** Events with `seq > after`, oldest first, at most `limit`. */
  read(run: RunId, after: number, limit: number): readonly RunEvent[];
  deleteRun(run: RunId): void;
  record(collection: string, key: string): JsonObject | undefined;
  records(collection: string): readonly (readonly [string, JsonObject])[];
  setRecord(collection: string, key: string, value: JsonObject | null): void;
}
