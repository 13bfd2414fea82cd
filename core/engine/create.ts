import type { JsonObject } from "../base/json.ts";
import type { RunEvent } from "../model/event.ts";
import { RUN_PATH, type RunId } from "../model/id.ts";
import type { RunTimes } from "../model/run-times.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import type { Decision, Moment } from "./decision.ts";
import { fromEventData } from "./event-data.ts";
import { evolve } from "./evolve.ts";
import type { ForkPoint } from "../model/run.ts";

/** What a run is made from. The definition stays with it for good. Rule FILE-8. */
export interface RunArguments {
  readonly run: RunId;
  readonly definition: WorkflowDefinition;
  /** Checked, with defaults filled in. */
  readonly inputs: JsonObject;
  /** Where the workflow's own files are, or null when it has none. */
  readonly folder: string | null;
  /** Where `collect` brings files, or null. */
  readonly out: string | null;
  readonly by: string;
  /** Of a fork: see `forkRun`. */
  readonly from?: ForkPoint;
  /** How long its tasks took in earlier runs: what takes longest is started first. */
  readonly expected?: RunTimes;
}

/** A new idle run: its first event, which alone holds the definition. */
export function createRun({ run, by, ...rest }: RunArguments, moment: Moment): Decision {
  const { from } = rest;
  const reason = from === undefined ? `created by ${by}` : `forked by ${by} from run ${from.run} at event ${from.seq}`;
  const event: RunEvent = {
    run,
    seq: 1,
    time: moment.now,
    type: "WorkflowStateChange",
    path: RUN_PATH,
    level: 0,
    from: null,
    to: "idle",
    reason,
    message: `${rest.definition.name} is ${reason}`,
    data: fromEventData({ kind: "created", by, ...rest }),
  };
  return { next: evolve(null, event), events: [event], commands: [], queueChanged: false };
}
