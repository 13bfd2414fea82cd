import type { Disposable } from "../base/dispose.ts";
import type { Result } from "../base/result.ts";
import type { RunId } from "../model/id.ts";
import type { SnapshotHead, SnapshotId, WorkflowSnapshot } from "../model/snapshot.ts";

/** Why a snapshot cannot be given. `damaged`: it is not what was written. `foreign`: it is no snapshot at all. */
export type SnapshotRefusalCode = "not-found" | "damaged" | "foreign" | "newer";

/** A snapshot that cannot be given. Rule SNAP-2. */
export interface SnapshotRefusal {
  readonly code: SnapshotRefusalCode;
  /** Names what is refused, says why, and which snapshot to take instead. */
  readonly message: string;
  /** The newest sound snapshot of the same run, read to its end; null when there is none. */
  readonly newest: SnapshotHead | null;
}

/** Something kept under the name of a snapshot that cannot be used. */
export interface DamagedSnapshot {
  /** The file, or the row, as its keeper knows it. */
  readonly name: string;
  readonly code: SnapshotRefusalCode;
  readonly message: string;
}

export interface SnapshotList {
  /** By event number, oldest first. What is listed has a sound head; its body is looked at when it is loaded. */
  readonly snapshots: readonly SnapshotHead[];
  readonly damaged: readonly DamagedSnapshot[];
}

/**
 * Keeps snapshots. Rule SNAP-2. What was saved is given back as it was, or refused, never changed. A promise that is rejected tells of
 * trouble outside (a full disk, a folder that cannot be read), not of what is kept.
 */
export interface PersistenceProvider extends Disposable {
  /** Whole or not at all, also when the process is killed; durable when it settles. The same id again takes the place of the old one. */
  saveSnapshot(snapshot: WorkflowSnapshot): Promise<void>;
  loadSnapshot(id: SnapshotId): Promise<Result<WorkflowSnapshot, SnapshotRefusal>>;
  /** Of one run; none of a run that nothing is kept of. */
  listSnapshots(run: RunId): Promise<SnapshotList>;
  /** Forgets snapshots, damaged ones of that id as well; what there is not is passed over. */
  deleteSnapshots(ids: readonly SnapshotId[]): Promise<void>;
  /** Forgets all of a run. */
  deleteRun(run: RunId): Promise<void>;
}
