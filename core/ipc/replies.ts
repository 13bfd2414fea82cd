import * as z from "zod/mini";
import { appReplies } from "./app-methods.ts";
import { fleetReplies } from "./fleet-methods.ts";
import { forkReplies } from "./fork-methods.ts";
import { libraryReplies } from "./library-methods.ts";
import type { MethodResults } from "./methods.ts";
import { runReplies } from "./run-methods.ts";
import type { Of, Replies } from "./shapes.ts";
import { count, nodeInfo, orderedNode, path, run, runEvent, runHead, text } from "./shapes.ts";
import { steerReplies } from "./steer-methods.ts";
import { timeReplies } from "./time-methods.ts";
import type { FleetHead, LogHead, LogPiece, Topics } from "./topics.ts";

/** The check of what each method answers with. */
export const methodReplies: Replies<MethodResults> = {
  ...appReplies,
  ...fleetReplies,
  ...forkReplies,
  ...libraryReplies,
  ...runReplies,
  ...steerReplies,
  ...timeReplies,
};

const fleetHead: Of<FleetHead> = z.object({
  appId: text,
  appName: text,
  machine: text,
  localAgents: count,
  trouble: z.optional(z.nullable(z.object({ code: text, message: text }))),
});
const logHead: Of<LogHead> = z.object({ run, path, attempt: count, sizeBytes: z.number(), complete: z.boolean() });
const logPiece: Of<LogPiece> = z.object({ offset: z.number(), stream: z.enum(["stdout", "stderr"]), text });

/** The check of each topic's header and items. */
export const topicParts: {
  readonly [K in keyof Topics]: { readonly head: Of<Topics[K]["head"]>; readonly item: Of<Topics[K]["item"]> };
} = {
  fleet: { head: fleetHead, item: nodeInfo },
  runs: { head: z.null(), item: runHead },
  run: { head: runHead, item: orderedNode },
  log: { head: logHead, item: logPiece },
  events: { head: z.null(), item: runEvent },
};
