import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Json, JsonObject } from "#core/base/json.ts";
import type { RunEvent, WorkflowEventType } from "#core/model/event.ts";
import type { EpochMs, NodePath, RunId } from "#core/model/id.ts";
import type { Journal, JournalRecord, JournalRun } from "#core/ports/journal.ts";
import { JournalError, toJournalError } from "./journal-error.ts";

const FORMAT = 1;
const BUSY_TIMEOUT_MS = 5_000;

const SCHEMA = `
create table if not exists event (
  run text not null, seq integer not null, time integer not null, type text not null, path text not null, level integer not null,
  from_state text, to_state text, reason text, message text not null, data text not null,
  primary key (run, seq)
) without rowid, strict;
create table if not exists record (
  collection text not null, key text not null, value text not null, primary key (collection, key)
) without rowid, strict;
`;

/** The default journal: one SQLite file, write-ahead log, every commit synced to the disk before `append` returns. */
export class SqliteJournal implements Journal {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #lastSeq = new Map<RunId, number>();
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #putRecord: StatementSync;

  /** `file` is created when missing. Throws `JournalError` when it is damaged or of a newer version. */
  constructor(file: string) {
    this.#file = file;
    try {
      this.#database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
      this.#database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
      this.#migrate(file);
      this.#insert = this.#database.prepare("insert into event values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
      const put = "insert into record values (?, ?, ?) on conflict do update set value = excluded.value";
      this.#putRecord = this.#database.prepare(put);
      this.#select = this.#database.prepare("select * from event where run = ? and seq > ? order by seq limit ?");
      for (const row of this.#database
        .prepare("select run, max(seq) as seq from event group by run order by run")
        .all()) {
        this.#lastSeq.set(String(row["run"]) as RunId, Number(row["seq"]));
      }
    } catch (error) {
      throw toJournalError(error, "opening it", file);
    }
  }

  #migrate(file: string): void {
    const version = Number(this.#database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
    if (version > FORMAT) {
      throw new JournalError(
        "newer",
        `${file} was written by a newer Lanweave (format ${String(version)}, this one knows ${String(FORMAT)}): update Lanweave, or give another folder with --data`,
      );
    }
    // Only a new one is written to: what is there can be looked at on a full disk, too.
    if (version === 0) this.#database.exec(`${SCHEMA} pragma user_version = ${String(FORMAT)};`);
  }

  append(events: readonly RunEvent[], records: readonly JournalRecord[] = []): void {
    if (events.length + records.length === 0) return;
    const last = this.#followingNumbers(events);
    this.#transaction("writing events", () => {
      for (const event of events) {
        this.#insert.run(
          event.run,
          event.seq,
          event.time,
          event.type,
          event.path,
          event.level,
          event.from,
          event.to,
          event.reason,
          event.message,
          JSON.stringify(event.data),
        );
      }
      for (const { collection, key, value } of records) this.#putRecord.run(collection, key, JSON.stringify(value));
    });
    for (const [run, seq] of last) this.#lastSeq.set(run, seq);
  }

  #followingNumbers(events: readonly RunEvent[]): Map<RunId, number> {
    const last = new Map<RunId, number>();
    for (const event of events) {
      const expected = (last.get(event.run) ?? this.#lastSeq.get(event.run) ?? 0) + 1;
      if (event.seq !== expected) {
        throw new JournalError(
          "gap",
          `run ${event.run}: expected event ${String(expected)}, found ${String(event.seq)}`,
        );
      }
      last.set(event.run, event.seq);
    }
    return last;
  }

  #transaction(doing: string, work: () => void): void {
    try {
      this.#database.exec("begin immediate");
      work();
      this.#database.exec("commit");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw toJournalError(error, doing, this.#file);
    }
  }

  runs(): readonly JournalRun[] {
    return [...this.#lastSeq].map(([run, lastSeq]) => ({ run, lastSeq }));
  }

  read(run: RunId, after: number, limit: number): readonly RunEvent[] {
    return this.#select.all(run, after, limit).map((row) => ({
      run,
      seq: Number(row["seq"]),
      time: Number(row["time"]) as EpochMs,
      type: String(row["type"]) as WorkflowEventType,
      path: String(row["path"]) as NodePath,
      level: Number(row["level"]),
      from: textOrNull(row["from_state"]),
      to: textOrNull(row["to_state"]),
      reason: textOrNull(row["reason"]),
      message: String(row["message"]),
      data: toObject(String(row["data"]), `event ${String(row["seq"])} of run ${run}`),
    }));
  }

  deleteRun(run: RunId): void {
    this.#transaction("deleting a run", () => {
      this.#database.prepare("delete from event where run = ?").run(run);
    });
    this.#lastSeq.delete(run);
  }

  record(collection: string, key: string): JsonObject | undefined {
    const row = this.#database
      .prepare("select value from record where collection = ? and key = ?")
      .get(collection, key);
    return row && toObject(String(row["value"]), `record ${collection}/${key}`);
  }

  records(collection: string): readonly (readonly [string, JsonObject])[] {
    const rows = this.#database
      .prepare("select key, value from record where collection = ? order by key")
      .all(collection);
    return rows.map((row) => {
      const key = String(row["key"]);
      return [key, toObject(String(row["value"]), `record ${collection}/${key}`)] as const;
    });
  }

  setRecord(collection: string, key: string, value: JsonObject | null): void {
    this.#transaction("writing a record", () => {
      if (value === null) {
        this.#database.prepare("delete from record where collection = ? and key = ?").run(collection, key);
      } else {
        this.#putRecord.run(collection, key, JSON.stringify(value));
      }
    });
  }

  dispose(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function toObject(text: string, what: string): JsonObject {
  const value = parseJson(text, what);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new JournalError("damaged", `${what}: expected an object, found ${text.slice(0, 40)}`);
  }
  return value as JsonObject;
}

function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new JournalError("damaged", `${what}: not JSON`, error);
  }
}
