import * as z from "zod/mini";

// Frames between a coordinator and whoever watches and steers it (a window, a browser, the command line), JSON text each:
// requests and replies, and topics: a snapshot followed by numbered patches. The client sends intents, never state.

export { MAX_FRAME_BYTES } from "./frame-limit.ts";
/** Topics one client may watch at once. */
export const MAX_TOPICS = 64;

export const IPC_VERSION = 1;

const id = z.int().check(z.nonnegative());
const shortText = z.string().check(z.maxLength(512));

/** From a client. The `params` of a request are checked by the schema of its method (`core/ipc/methods.ts`). */
export const clientFrameSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("request"), id, method: shortText, params: z.unknown() }),
  /** Answered by a `snapshot` and then `patch`es, or by `topic-gone`. Watching again gives a new snapshot: that is how a gap heals. */
  z.object({ kind: z.literal("watch"), topic: shortText }),
  z.object({ kind: z.literal("unwatch"), topic: shortText }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** Stable `code`, a `message` for people (what happened, why, what to do), and what helps to act on it. */
export const ipcErrorSchema = z.object({ code: shortText, message: z.string(), details: z.optional(z.unknown()) });
export type IpcError = z.infer<typeof ipcErrorSchema>;

/**
 * From the coordinator. A topic is a keyed collection with a header: `head` is its header (whole, when given in a patch), `upsert`
 * items replace those of the same key, `remove` lists keys. A patch applies to exactly the version before it (`version - 1`).
 */
export const serverFrameSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("reply"), id, ok: z.literal(true), result: z.unknown() }),
  z.object({ kind: z.literal("failure"), id, error: ipcErrorSchema }),
  z.object({
    kind: z.literal("snapshot"),
    topic: shortText,
    version: id,
    head: z.unknown(),
    items: z.array(z.unknown()),
  }),
  z.object({
    kind: z.literal("patch"),
    topic: shortText,
    version: id,
    head: z.optional(z.unknown()),
    upsert: z.array(z.unknown()),
    remove: z.array(z.string()),
  }),
  z.object({ kind: z.literal("topic-gone"), topic: shortText, error: ipcErrorSchema }),
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;
