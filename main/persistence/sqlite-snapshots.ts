import { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "#core/base/result.ts";
import type { RunId } from "#core/model/id.ts";
import type { SnapshotHead, SnapshotId, WorkflowSnapshot } from "#core/model/snapshot.ts";
import type { DamagedSnapshot, PersistenceProvider, SnapshotList, SnapshotRefusal } from "#core/ports/persistence.ts";
import { JournalError } from "./journal-error.ts";
import { decodeBody, decodeHead, encodeSnapshot, type FormatFault } from "./snapshot-format.ts";
import { inOrder, notFound, refuse } from "./snapshot-refusal.ts";

const FORMAT = 1;
const BUSY_TIMEOUT_MS = 5_000;

/** Head and body are the bytes of a snapshot's file, so that every row carries its own checksums. */
const SCHEMA = `
create table if not exists snapshot (
  id text primary key, run text not null, head blob not null, body blob not null
) strict;
create index if not exists snapshot_of_run on snapshot (run);
`;

/** The default: one SQLite file beside the journal. It is opened when it is needed first, so that trouble with it keeps nothing else. */
export class SqliteSnapshots implements PersistenceProvider {
  readonly #file: string;
  #database: DatabaseSync | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  async saveSnapshot(snapshot: WorkflowSnapshot): Promise<void> {
    const { head, body } = encodeSnapshot(snapshot);
    const statement =
      "insert into snapshot values (?, ?, ?, ?) on conflict (id) do update set head = excluded.head, body = excluded.body";
    this.#do("saving a snapshot", (database) => database.prepare(statement).run(snapshot.id, snapshot.run, head, body));
  }

  async loadSnapshot(id: SnapshotId): Promise<Result<WorkflowSnapshot, SnapshotRefusal>> {
    const found = this.#read(id);
    if (found?.ok === true) return found;
    const fault = found === null ? notFound(id) : { name: `snapshot ${id} in ${this.#file}`, ...found.error };
    const run = (id.split("@")[0] ?? "") as RunId;
    return refuse(fault, id, this.#list(run).snapshots, (head) => this.#read(head.id)?.ok === true);
  }

  /** Null when there is no such row. */
  #read(id: SnapshotId): Result<WorkflowSnapshot, FormatFault> | null {
    const rows = this.#look((database) => [database.prepare("select head, body from snapshot where id = ?").get(id)]);
    if (!rows.ok) return rows;
    const [row] = rows.value;
    if (row === undefined) return null;
    const decoded = decodeHead(toBuffer(row["head"]));
    if (!decoded.ok) return decoded;
    if (decoded.value.head.id !== id)
      return err({ code: "foreign", message: `it holds the snapshot ${decoded.value.head.id}` });
    return decodeBody(decoded.value, toBuffer(row["body"]));
  }

  async listSnapshots(run: RunId): Promise<SnapshotList> {
    return this.#list(run);
  }

  #list(run: RunId): SnapshotList {
    const rows = this.#look((database) =>
      database.prepare("select id, head, length(body) as size from snapshot where run = ? order by id").all(run),
    );
    if (!rows.ok) return { snapshots: [], damaged: [{ name: this.#file, ...rows.error }] };
    const snapshots: SnapshotHead[] = [];
    const damaged: DamagedSnapshot[] = [];
    for (const row of rows.value) {
      const id = String(row["id"]);
      const decoded = decodeHead(toBuffer(row["head"]));
      if (!decoded.ok) damaged.push({ name: `snapshot ${id} in ${this.#file}`, ...decoded.error });
      else if (decoded.value.head.id !== id || decoded.value.bodyBytes !== Number(row["size"]))
        damaged.push({ name: `snapshot ${id} in ${this.#file}`, code: "damaged", message: "its parts do not fit" });
      else snapshots.push(decoded.value.head);
    }
    return { snapshots: inOrder(snapshots), damaged };
  }

  async deleteSnapshots(ids: readonly SnapshotId[]): Promise<void> {
    this.#do("deleting snapshots", (database) => {
      const statement = database.prepare("delete from snapshot where id = ?");
      for (const id of ids) statement.run(id);
    });
  }

  async deleteRun(run: RunId): Promise<void> {
    this.#do("deleting the snapshots of a run", (database) => {
      database.prepare("delete from snapshot where run = ?").run(run);
    });
  }

  /** What SQLite finds to be damaged is an answer; any other trouble is thrown. */
  #look<T>(read: (database: DatabaseSync) => T): Result<T, FormatFault> {
    try {
      return ok(read(this.#open()));
    } catch (error) {
      const message = `${this.#file}: ${toText(error)}`;
      if (error instanceof JournalError) return err({ code: "newer", message });
      if (isDamage(error)) return err({ code: "damaged", message });
      throw new Error(`reading failed: ${message}`, { cause: error });
    }
  }

  #do(doing: string, work: (database: DatabaseSync) => unknown): void {
    try {
      const database = this.#open();
      database.exec("begin immediate");
      try {
        work(database);
        database.exec("commit");
      } catch (error) {
        if (database.isTransaction) database.exec("rollback");
        throw error;
      }
    } catch (error) {
      throw new Error(`${this.#file}: ${doing} failed: ${toText(error)}`, { cause: error });
    }
  }

  #open(): DatabaseSync {
    if (this.#database !== null) return this.#database;
    const database = new DatabaseSync(this.#file, { timeout: BUSY_TIMEOUT_MS });
    try {
      database.exec("pragma journal_mode = wal; pragma synchronous = full;");
      const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
      if (version > FORMAT)
        throw new JournalError(
          "newer",
          `it was written by a newer Lanweave (format ${String(version)}, this one knows ${String(FORMAT)}): update Lanweave`,
        );
      database.exec(`${SCHEMA} pragma user_version = ${String(FORMAT)};`);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  dispose(): void {
    this.#database?.close();
    this.#database = null;
  }
}

/** SQLITE_ERROR (a name of the schema is gone), IOERR (the file is too short), CORRUPT, FORMAT, NOTADB: the file is not what was written. */
const DAMAGE_CODES: ReadonlySet<number> = new Set([1, 10, 11, 24, 26]);
const PRIMARY_CODE = 0xff;

function isDamage(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    DAMAGE_CODES.has(error.errcode & PRIMARY_CODE)
  );
}

function toText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A column that a flipped bit has made something else is as good as empty. */
function toBuffer(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0);
}
