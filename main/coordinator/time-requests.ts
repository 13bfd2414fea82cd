import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import type { Books } from "./books.ts";
import { explainRun } from "./coordinator-views.ts";
import { eventOf, presentState, snapshotOf } from "./points-in-time.ts";

type TimeMethod = Extract<MethodName, `run.${"show" | "snapshot" | "snapshots"}`>;
type TimeHandlers = {
  readonly [M in TimeMethod]: (params: MethodParams<M>, by: string) => Promise<MethodResults[M]> | MethodResults[M];
};

/** Runs as they are and as they were. Rules SNAP-3, SNAP-4. */
export function timeHandlers(books: Books): TimeHandlers {
  const { runs, queue, snapshots, fleet } = books;
  const explain = (state: RunState, run: RunId): RunLine => {
    const line = explainRun(state, run, queue);
    const agents = new Set(line.nodes.flatMap(({ agent }) => agent ?? []));
    const gone = [...agents].flatMap((id) => {
      const name = fleet.nameOfGone(id);
      return name === null ? [] : [[id, name] as const];
    });
    return gone.length === 0 ? line : { ...line, goneAgents: Object.fromEntries(gone) };
  };
  return {
    "run.show": async ({ run, at }) => {
      const id = run as RunId;
      if (at === undefined) return explain(presentState(books, id), id);
      const seq = eventOf(books, id, typeof at === "number" ? at : (await snapshotOf(books, id, at)).seq);
      return explain(runs.fold(id, seq), id);
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
