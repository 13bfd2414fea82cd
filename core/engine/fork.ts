import type { JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH } from "../model/id.ts";
import type { ForkPoint } from "../model/run.ts";
import { createRun, type RunArguments } from "./create.ts";
import type { Decision, Moment } from "./decision.ts";
import { fromEventData } from "./event-data.ts";
import { evolve } from "./evolve.ts";
import type { KeptEnd, KeptResult } from "./kept.ts";

/** What a fork takes over: see `gatherKept`. */
export interface Kept {
  readonly results: readonly KeptResult[];
  readonly ends: readonly KeptEnd[];
}

/** Characters of JSON in one event, unless a single result has more. */
const MAX_BATCH_LENGTH = 256 * 1024;

/** A new idle run that keeps what another has done: its first events hold the definition and all that is kept. Rule SNAP-5. */
export function forkRun(from: ForkPoint, kept: Kept, run: RunArguments, moment: Moment): Decision {
  const created = createRun({ ...run, from }, moment);
  const events = [...created.events];
  let { next } = created;
  const { results, ends } = kept;
  const add = (reason: string, data: JsonObject): void => {
    const event: RunEvent = {
      run: run.run,
      seq: next.seq + 1,
      time: moment.now,
      type: "Custom",
      path: RUN_PATH,
      level: 0,
      from: null,
      to: null,
      reason,
      message: `${run.definition.name} takes over what was done: ${reason}`,
      data,
    };
    events.push(event);
    next = evolve(next, event);
  };
  for (const some of inBatches(results))
    add(`${some.length} results of run ${from.run}`, fromEventData({ kind: "kept", results: some, ends: [] }));
  for (const some of inBatches(ends))
    add(`${some.length} ends of run ${from.run}`, fromEventData({ kind: "kept", results: [], ends: some }));
  return { ...created, next, events };
}

function inBatches<T>(all: readonly T[]): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let length = Infinity;
  for (const one of all) {
    const own = JSON.stringify(one).length;
    if (length + own > MAX_BATCH_LENGTH) {
      batches.push([]);
      length = 0;
    }
    batches.at(-1)?.push(one);
    length += own;
  }
  return batches;
}
