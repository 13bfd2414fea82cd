import * as z from "zod/mini";
import { shortText } from "./params.ts";
import type { Acknowledged, Replies } from "./shapes.ts";
import { acknowledged, count, text } from "./shapes.ts";

// Whom one speaks with.

export const appParams = {
  /** Must be the first request. */
  hello: z.object({ version: z.int(), client: shortText }),
  /** Ends the coordinator in order; running work goes on at the agents. */
  shutdown: z.object({}),
} as const;

export interface AppResults {
  readonly hello: {
    readonly version: number;
    readonly appId: string;
    readonly appName: string;
    readonly product: string;
  };
  readonly shutdown: Acknowledged;
}

export const appReplies: Replies<AppResults> = {
  hello: z.object({ version: count, appId: text, appName: text, product: text }),
  shutdown: acknowledged,
};
