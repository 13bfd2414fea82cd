import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { RunId } from "#core/model/id.ts";
import type { Books } from "./books.ts";
import { explainRun } from "./coordinator-views.ts";
import { eventOf, presentState, snapshotOf } from "./points-in-time.ts";

type TimeMethod = Extract<MethodName, `run.${"show" | "snapshot" | "snapshots"}`>;
type TimeHandlers = {
  readonly [M in TimeMethod]: (params: MethodParams<M>, by: string) => Promise<MethodResults[M]> | MethodResults[M];
};

/** Runs as they are and as they were. Rules SNAP-3, SNAP-4. */
export function timeHandlers(books: Books): TimeHandlers {
  const { runs, queue, snapshots } = books;
  return {
    "run.show": async ({ run, at }) => {
      const id = run as RunId;
      if (at === undefined) return explainRun(presentState(books, id), id, queue);
      const seq = eventOf(books, id, typeof at === "number" ? at : (await snapshotOf(books, id, at)).seq);
      return explainRun(runs.fold(id, seq), id, queue);
    },
    "run.snapshot": ({ run }) => snapshots.take(presentState(books, run as RunId), "manual"),
    "run.snapshots": async ({ run }) => {
      presentState(books, run as RunId);
      const list = await snapshots.list(run as RunId);
      return {
        snapshots: list.snapshots,
        damaged: list.damaged.map(({ name, message }) => ({ name, message })),
      };
    },
  };
}
