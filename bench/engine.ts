import { decide } from "#core/engine/decide.ts";
import { createRun } from "#core/engine/create.ts";
import type { RunInput } from "#core/engine/input.ts";
import { changedPaths, queuedAttempts, toRunHead } from "#core/engine/queries.ts";
import type { AgentId, EpochMs, Millis, RunId } from "#core/model/id.ts";
import { parallel, task, workflow } from "#test/core/engine/support.ts";

// Decisions of the engine on a wide parallel: every child is assigned, started and ended. Prints figures, promises nothing.

const SIZES = [1_000, 10_000, 100_000];
const AGENT = "00000000000000aa" as AgentId;

function measure(children: number): void {
  const nodes = Array.from({ length: children }, (_, index) => task(`t${index}`));
  const run = "bench" as RunId;
  const moment = { now: 1 as EpochMs, chance: 0 };
  const created = createRun(
    { run, definition: workflow([parallel("p", nodes)]), inputs: {}, folder: null, out: null, by: "bench" },
    moment,
  );
  let state = created.next;
  let decisions = 0;
  let events = 0;
  const give = (input: RunInput): void => {
    const before = state;
    const decision = decide(before, input, moment);
    changedPaths(before, decision);
    state = decision.next;
    decisions += 1;
    events += decision.events.length;
  };
  const begin = performance.now();
  give({ kind: "start", by: "bench" });
  const opened = performance.now();
  for (let [next] = queuedAttempts(state, 1); next !== undefined; [next] = queuedAttempts(state, 1)) {
    give({ kind: "assigned", path: next.path, agent: AGENT });
    const outcome = { kind: "success", result: null, files: [], executionMs: 1 as Millis } as const;
    give({ kind: "attempt-ended", path: next.path, fence: state.fence, outcome });
  }
  const ms = performance.now() - opened;
  const figure = {
    bench: "engine",
    children,
    state: toRunHead(state).state,
    openMs: Math.round(opened - begin),
    decisions,
    events,
  };
  console.log(JSON.stringify({ ...figure, decisionsPerSecond: Math.round((decisions / ms) * 1_000) }));
}

for (const size of SIZES) measure(size);
