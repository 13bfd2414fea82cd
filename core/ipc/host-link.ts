import * as z from "zod/mini";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { MAX_FRAME_BYTES, isFrameWithinLimit } from "./frame-limit.ts";

// Between the Electron shell and the coordinator it started as a child process. The shell relays the frames of its windows
// and understands none of them; what frames mean is in `frames.ts`.

/** Length of a session's name. */
const MAX_SESSION_LENGTH = 64;

/** A key, PEM, or what the system made of it. */
const MAX_SECRET_LENGTH = 64 * 1024;

const secret = z.string().check(z.maxLength(MAX_SECRET_LENGTH));
const session = z.string().check(z.minLength(1), z.maxLength(MAX_SESSION_LENGTH));
const frame = z.string().check(z.refine(isFrameWithinLimit, `expected a frame of at most ${MAX_FRAME_BYTES} bytes`));

/** From the shell. A session is one load of a window's page: it is opened once, never again after its close. */
export const hostRequestSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("open"), session }),
  z.object({ kind: z.literal("frame"), session, frame }),
  z.object({ kind: z.literal("close"), session }),
  /** Answer to `secret`; null: the system does not do it. */
  z.object({ kind: z.literal("secret"), id: z.int(), text: z.nullable(secret) }),
  /** Finish and exit. Nothing follows it. */
  z.object({ kind: z.literal("quit") }),
]);
export type HostRequest = z.infer<typeof hostRequestSchema>;

/** From the coordinator. `ready` comes once, before any frame; `failed` comes instead of it, and the process exits by itself. */
export const hostReplySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("frame"), session, frame }),
  /** Asks for a text to be sealed by the system's keyring (the answer is base64), or for what was sealed to be opened. Also before `ready`. */
  z.object({ kind: z.literal("secret"), id: z.int(), what: z.enum(["seal", "open"]), text: secret }),
  z.object({ kind: z.literal("failed"), code: z.string(), message: z.string() }),
]);
export type HostReply = z.infer<typeof hostReplySchema>;

/** Checks what the shell received from the coordinator; the error names the field that is wrong, for the log. */
export function parseHostReply(data: unknown): Result<HostReply, string> {
  const parsed = hostReplySchema.safeParse(data);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}

/** Checks what the coordinator received from the shell; the error names the field that is wrong, for the log. */
export function parseHostRequest(data: unknown): Result<HostRequest, string> {
  const parsed = hostRequestSchema.safeParse(data);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}
