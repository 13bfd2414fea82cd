import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { mkdirSync, writeSync } from "node:fs";
import path from "node:path";
import { err, ok, type Result } from "#core/base/result.ts";
import type { RunId } from "#core/model/id.ts";
import { parseSnapshotId, type SnapshotHead, type SnapshotId, type WorkflowSnapshot } from "#core/model/snapshot.ts";
import type { DamagedSnapshot, PersistenceProvider, SnapshotList, SnapshotRefusal } from "#core/ports/persistence.ts";
import { decodeBody, decodeHead, encodeSnapshot, type FormatFault, MAX_HEAD_BYTES } from "./snapshot-format.ts";
import { inOrder, notFound, refuse } from "./snapshot-refusal.ts";

const ENDING = ".snapshot";
const RUN_ID = /^[a-z0-9-]{1,64}$/;

/** Snapshots as files: `RUN/EVENT-REASON.snapshot`, in the format of `snapshot-format.ts`. Other files in the folder are left alone. */
export class FileSnapshots implements PersistenceProvider {
  readonly #folder: string;

  /** The folder is made when the first snapshot is saved. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Written beside its place, synced, and then put there: whoever reads finds the old one or the new one, and never a part. */
  async saveSnapshot(snapshot: WorkflowSnapshot): Promise<void> {
    const file = this.#file(snapshot.id);
    if (file === null) throw new Error(`expected a snapshot's id RUN@EVENT-REASON, found ${snapshot.id}`);
    const { head, body } = encodeSnapshot(snapshot);
    const folder = path.dirname(file);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const temporary = path.join(folder, `.${path.basename(file)}.part`);
    const handle = openSync(temporary, "w", 0o600);
    try {
      for (const bytes of [head, body]) for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    syncFolder(folder);
  }

  #file(id: SnapshotId): string | null {
    const named = parseSnapshotId(id);
    return named && path.join(this.#folder, named.run, `${String(named.seq)}-${named.reason}${ENDING}`);
  }

  async loadSnapshot(id: SnapshotId): Promise<Result<WorkflowSnapshot, SnapshotRefusal>> {
    const file = this.#file(id);
    const found = file === null ? null : readWhole(file, id);
    if (found?.ok === true) return found;
    const fault: DamagedSnapshot =
      found === null ? notFound(id) : { name: `snapshot ${id} (${file ?? ""})`, ...found.error };
    const run = (id.split("@")[0] ?? "") as RunId;
    return refuse(fault, id, this.#list(run).snapshots, (head) => {
      const other = this.#file(head.id);
      return other !== null && readWhole(other, head.id)?.ok === true;
    });
  }

  async listSnapshots(run: RunId): Promise<SnapshotList> {
    return this.#list(run);
  }

  #list(run: RunId): SnapshotList {
    const snapshots: SnapshotHead[] = [];
    const damaged: DamagedSnapshot[] = [];
    for (const name of this.#names(run)) {
      const file = path.join(this.#folder, run, name);
      const id = `${run}@${name.slice(0, -ENDING.length)}` as SnapshotId;
      const head = readHead(file, id);
      if (head.ok) snapshots.push(head.value);
      else damaged.push({ name: file, ...head.error });
    }
    return { snapshots: inOrder(snapshots), damaged };
  }

  #names(run: RunId): readonly string[] {
    // A run's id names a folder.
    if (!RUN_ID.test(run)) return [];
    try {
      return readdirSync(path.join(this.#folder, run)).filter((name) => name.endsWith(ENDING) && !name.startsWith("."));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async deleteSnapshots(ids: readonly SnapshotId[]): Promise<void> {
    for (const id of ids) {
      const file = this.#file(id);
      if (file !== null) rmSync(file, { force: true });
    }
  }

  async deleteRun(run: RunId): Promise<void> {
    if (RUN_ID.test(run)) rmSync(path.join(this.#folder, run), { recursive: true, force: true });
  }

  dispose(): void {}
}

/** A rename is durable once its folder is. Windows cannot open folders, and needs no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The head, and whether the file has as many bytes as the head says. */
function readHead(file: string, id: SnapshotId): Result<SnapshotHead, FormatFault> {
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(MAX_HEAD_BYTES);
    const decoded = decodeHead(buffer.subarray(0, readSync(handle, buffer)));
    if (!decoded.ok) return decoded;
    const { head, headBytes, bodyBytes } = decoded.value;
    if (head.id !== id) return err(misnamed(head.id));
    const found = statSync(file).size;
    if (found === headBytes + bodyBytes) return ok(head);
    const message = `expected ${String(headBytes + bodyBytes)} bytes, found ${String(found)}`;
    return err({ code: "damaged", message });
  } finally {
    closeSync(handle);
  }
}

/** Null when there is no such file. */
function readWhole(file: string, id: SnapshotId): Result<WorkflowSnapshot, FormatFault> | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const decoded = decodeHead(bytes);
  if (!decoded.ok) return decoded;
  if (decoded.value.head.id !== id) return err(misnamed(decoded.value.head.id));
  return decodeBody(decoded.value, bytes.subarray(decoded.value.headBytes));
}

function misnamed(id: SnapshotId): FormatFault {
  return { code: "foreign", message: `it holds the snapshot ${id} and has the name of another` };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
