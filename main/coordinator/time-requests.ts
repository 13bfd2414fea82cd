import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { toRunLine } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import type { Books } from "./books.ts";
import { explainRun } from "./coordinator-views.ts";
import type { Histories } from "./histories.ts";
import { eventOf, presentState, snapshotOf } from "./points-in-time.ts";
import { compareStates } from "./run-compare.ts";
import { runStep } from "./run-steps.ts";

type TimeMethod = Extract<MethodName, `run.${"show" | "snapshot" | "snapshots" | "step" | "timeline" | "compare"}`>;
type TimeHandlers = {
  readonly [M in TimeMethod]: (params: MethodParams<M>, by: string) => Promise<MethodResults[M]> | MethodResults[M];
};

/** Runs as they are and as they were. Rules SNAP-3, SNAP-4. */
export function timeHandlers(books: Books, histories: Histories): TimeHandlers {
  const { runs, queue, snapshots, fleet } = books;
  const withGone = (line: RunLine): RunLine => {
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
      if (at === undefined) return withGone(explainRun(presentState(books, id), id, queue));
      const seq = eventOf(books, id, typeof at === "number" ? at : (await snapshotOf(books, id, at)).seq);
      // The scheduler's reasons are of the present and mean nothing here.
      return withGone(toRunLine(runs.fold(id, seq)));
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
    "run.step": async ({ run, from, to, told, first }) => {
      presentState(books, run as RunId);
      const history = histories.of(run as RunId);
      const before: RunState | null = from === null ? null : await history.at(eventOf(books, run as RunId, from));
      const after = await history.at(eventOf(books, run as RunId, to));
      return runStep(before && { state: before, isTold: told === true }, after, first ?? 0);
    },
    "run.compare": async ({ run, before, after, first }) => {
      presentState(books, run as RunId);
      const history = histories.of(run as RunId);
      const one = await history.at(eventOf(books, run as RunId, before));
      const other = await history.at(eventOf(books, run as RunId, after));
      return compareStates(history, one, other, first ?? 0);
    },
    "run.timeline": async ({ run, have }) => {
      const last = presentState(books, run as RunId).seq;
      const known = have ?? { size: 0, count: 0 };
      const { timeline, first } = await histories.of(run as RunId).timeline(last, known.size, known.count);
      return { ...timeline, first, last };
    },
  };
}
