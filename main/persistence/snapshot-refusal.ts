import { err } from "#core/base/result.ts";
import { parseSnapshotId, type SnapshotHead, type SnapshotId } from "#core/model/snapshot.ts";
import type { DamagedSnapshot, SnapshotRefusal } from "#core/ports/persistence.ts";

/** A refusal that names what is refused and offers the newest snapshot of the same run that can be read to its end. Rule SNAP-2. */
export function refuse(
  { name, code, message }: DamagedSnapshot,
  refused: SnapshotId,
  oldestFirst: readonly SnapshotHead[],
  isSound: (head: SnapshotHead) => boolean,
): { readonly ok: false; readonly error: SnapshotRefusal } {
  const newest = oldestFirst.toReversed().find((head) => head.id !== refused && isSound(head)) ?? null;
  const instead =
    newest === null
      ? "there is no other snapshot of this run"
      : `the newest sound snapshot of this run is ${newest.id}`;
  return err({ code, message: `${name}: ${message}; ${instead}`, newest });
}

/** What is said of an id that nothing is kept under. */
export function notFound(id: SnapshotId): DamagedSnapshot {
  const message = parseSnapshotId(id) === null ? "a snapshot's id is RUN@EVENT-REASON" : "there is no such snapshot";
  return { name: `snapshot ${id}`, code: "not-found", message };
}

/** By event, then by id: the order of lists. */
export function inOrder(heads: readonly SnapshotHead[]): readonly SnapshotHead[] {
  return heads.toSorted((a, b) => a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
