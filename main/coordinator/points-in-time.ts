import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import { parseSnapshotId, type SnapshotHead, type SnapshotId } from "#core/model/snapshot.ts";
import type { Books } from "./books.ts";
import { IntentError } from "./intent-error.ts";

/** The state of a run as it is. Throws `IntentError` when there is no such run. */
export function presentState({ runs }: Books, run: RunId): RunState {
  const state = runs.state(run);
  if (state === undefined) throw new IntentError("not-found", `there is no run ${run}: see “lanweave runs”`);
  return state;
}

/** Checks that a run has an event of this number, and gives the number back. */
export function eventOf(books: Books, run: RunId, at: number): number {
  const last = books.runs.head(run)?.seq ?? presentState(books, run).seq;
  if (at >= 1 && at <= last) return at;
  throw new IntentError("invalid", `run ${run} has the events 1 to ${String(last)}, asked for was ${String(at)}`);
}

/** A snapshot of the run by its id, or by what follows `@` in it. Throws `IntentError` that names the newest sound one instead. */
export async function snapshotOf(books: Books, run: RunId, text: string): Promise<SnapshotHead> {
  const id = (text.includes("@") ? text : `${run}@${text}`) as SnapshotId;
  const named = parseSnapshotId(id);
  if (named !== null && named.run !== run)
    throw new IntentError("invalid", `snapshot ${id} is one of run ${named.run}, not of ${run}`);
  const loaded = await books.snapshots.load(id);
  if (!loaded.ok) throw new IntentError(`snapshot-${loaded.error.code}`, loaded.error.message, loaded.error.newest);
  return loaded.value;
}
