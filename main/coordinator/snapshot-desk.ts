import type { Result } from "#core/base/result.ts";
import { buildSnapshot, toSnapshotHead } from "#core/engine/snapshot.ts";
import type { RunState } from "#core/engine/state.ts";
import { workflowState } from "#core/engine/turn.ts";
import type { RunId } from "#core/model/id.ts";
import type { SnapshotHead, SnapshotId, SnapshotReason, WorkflowSnapshot } from "#core/model/snapshot.ts";
import type { SnapshotList, SnapshotRefusal } from "#core/ports/persistence.ts";
import type { CoordinatorPorts } from "./ports.ts";
import { toMessage } from "./to-error.ts";

/** A running workflow is kept so often if something changed. Rule SNAP-3. */
export const SNAPSHOT_INTERVAL_MS = 60_000;
/** Nodes put into a snapshot in one turn of the loop. */
const NODES_A_SLICE = 1_000;
/** Kept of each run; the oldest of the same kind gives way. Every event can be shown with or without one. */
const MAX_KEPT: Readonly<Record<SnapshotReason, number>> = { interval: 30, pause: 100, final: 100, manual: 1_000 };

/** What an interval is counted from. */
interface Mark {
  readonly seq: number;
  readonly atMs: number;
}

/** Takes snapshots beside the loop, one after the other, and gives them back. What goes wrong is a line in the log and stops no run. */
export class SnapshotDesk {
  readonly #ports: CoordinatorPorts;
  readonly #marks = new Map<RunId, Mark>();
  /** The last of those under way or waiting. */
  #last: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  constructor(ports: CoordinatorPorts) {
    this.#ports = ports;
  }

  /** Of a state whose events are durable. Settles when it is kept; rejects when it cannot be. */
  take(state: RunState, reason: SnapshotReason): Promise<SnapshotHead> {
    const { clock } = this.#ports;
    this.#marks.set(state.run, { seq: state.seq, atMs: clock.monotonicMs() });
    const time = clock.now();
    const work = this.#last.then(() => this.#save(state, reason, time));
    this.#last = work.catch(() => {});
    return work;
  }

  /** As `take`; trouble is logged. */
  takeQuietly(state: RunState, reason: SnapshotReason): void {
    this.take(state, reason).catch((error: unknown) => {
      this.#ports.log.error("a snapshot could not be kept", { run: state.run, reason, message: toMessage(error) });
    });
  }

  /** Of every running workflow whose interval is over and in which something happened since. Rule SNAP-3. */
  takeDue(live: ReadonlyMap<RunId, RunState>): void {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const run of this.#marks.keys()) if (!live.has(run)) this.#marks.delete(run);
    for (const [run, state] of live) {
      const mark = this.#marks.get(run);
      if (mark === undefined) this.#marks.set(run, { seq: state.seq, atMs: nowMs });
      else if (
        nowMs - mark.atMs >= SNAPSHOT_INTERVAL_MS &&
        mark.seq !== state.seq &&
        workflowState(state) === "running"
      )
        this.takeQuietly(state, "interval");
    }
  }

  async #save(state: RunState, reason: SnapshotReason, time: SnapshotHead["time"]): Promise<SnapshotHead> {
    const { snapshots } = this.#ports;
    const building = buildSnapshot(state, reason, time, NODES_A_SLICE);
    let step = building.next();
    for (; step.done !== true; step = building.next()) await this.#pause();
    await snapshots.saveSnapshot(step.value);
    await this.#thinOut(state.run, reason);
    return toSnapshotHead(state, reason, time);
  }

  /** Others have their turn; at the end there are none to wait for. */
  #pause(): Promise<void> {
    return this.#isEnding ? Promise.resolve() : new Promise((resolve) => this.#ports.nextTurn(resolve));
  }

  async #thinOut(run: RunId, reason: SnapshotReason): Promise<void> {
    const { snapshots } = await this.#ports.snapshots.listSnapshots(run);
    const same = snapshots.filter((head) => head.reason === reason);
    const tooMany = same.slice(0, Math.max(0, same.length - MAX_KEPT[reason]));
    if (tooMany.length > 0) await this.#ports.snapshots.deleteSnapshots(tooMany.map(({ id }) => id));
  }

  list(run: RunId): Promise<SnapshotList> {
    return this.#ports.snapshots.listSnapshots(run);
  }

  load(id: SnapshotId): Promise<Result<WorkflowSnapshot, SnapshotRefusal>> {
    return this.#ports.snapshots.loadSnapshot(id);
  }

  /** The run is deleted, once what is being kept of it is. */
  forget(run: RunId): void {
    this.#marks.delete(run);
    this.#last = this.#last
      .then(() => this.#ports.snapshots.deleteRun(run))
      .catch((error: unknown) => {
        this.#ports.log.error("the snapshots of a run could not be deleted", { run, message: toMessage(error) });
      });
  }

  /** Settles when nothing is under way any more. */
  async dispose(): Promise<void> {
    this.#isEnding = true;
    await this.#last;
  }
}
