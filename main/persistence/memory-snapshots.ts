import { ok, type Result } from "#core/base/result.ts";
import type { RunId } from "#core/model/id.ts";
import type { SnapshotHead, SnapshotId, WorkflowSnapshot } from "#core/model/snapshot.ts";
import type { PersistenceProvider, SnapshotList, SnapshotRefusal } from "#core/ports/persistence.ts";
import { inOrder, notFound, refuse } from "./snapshot-refusal.ts";

/** Snapshots that live as long as the process. */
export class MemorySnapshots implements PersistenceProvider {
  readonly #snapshots = new Map<SnapshotId, WorkflowSnapshot>();

  saveSnapshot(snapshot: WorkflowSnapshot): Promise<void> {
    this.#snapshots.set(snapshot.id, structuredClone(snapshot));
    return Promise.resolve();
  }

  loadSnapshot(id: SnapshotId): Promise<Result<WorkflowSnapshot, SnapshotRefusal>> {
    const found = this.#snapshots.get(id);
    if (found !== undefined) return Promise.resolve(ok(structuredClone(found)));
    return Promise.resolve(refuse(notFound(id), id, this.#heads(id.split("@")[0] ?? ""), () => true));
  }

  #heads(run: string): readonly SnapshotHead[] {
    return inOrder([...this.#snapshots.values()].filter((snapshot) => snapshot.run === run).map(toHead));
  }

  listSnapshots(run: RunId): Promise<SnapshotList> {
    return Promise.resolve({ snapshots: this.#heads(run), damaged: [] });
  }

  deleteSnapshots(ids: readonly SnapshotId[]): Promise<void> {
    for (const id of ids) this.#snapshots.delete(id);
    return Promise.resolve();
  }

  deleteRun(run: RunId): Promise<void> {
    return this.deleteSnapshots(this.#heads(run).map(({ id }) => id));
  }

  dispose(): void {
    this.#snapshots.clear();
  }
}

function toHead({ id, run, workflow, seq, time, reason, state, definitionHash }: WorkflowSnapshot): SnapshotHead {
  return { id, run, workflow, seq, time, reason, state, definitionHash };
}
