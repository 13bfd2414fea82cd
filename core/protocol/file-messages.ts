import * as z from "zod/mini";

// What is said at an agent's front door under `FILES_PROTOCOL`: one JSON object a line, requests from whoever connected,
// one reply each, in order. Bytes of files follow `sending` (agent to peer) and `send` (peer to agent), exactly as many
// as the line announced. Rule FLEET-9.

/** ALPN name of file transfer. The peer must show a certificate of the app that the server name asks for. */
export const FILES_PROTOCOL = "lanweave-files/1";
/** One line, newline included. */
export const MAX_FILE_LINE_BYTES = 64 * 1024;
/** Hashes in one `have`. */
export const MAX_HAVE = 500;
/** A transfer without a byte for so long is broken off. */
export const FILE_STALL_MS = 30_000;

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const count = z.int().check(z.nonnegative());

export const fileRequestSchema = z.discriminatedUnion("kind", [
  /** Answered by `held`, one flag a hash, in order. */
  z.object({ kind: z.literal("have"), files: z.array(sha256).check(z.maxLength(MAX_HAVE)) }),
  /** Answered by `sending` and the bytes from `offset` on. */
  z.object({ kind: z.literal("get"), sha256, offset: count }),
  /** Answered by `stored` when it is there already, else by `send`; then come the bytes, then `stored` or `refused`. */
  z.object({ kind: z.literal("put"), sha256, sizeBytes: count }),
]);

export const fileReplySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("held"), held: z.array(z.boolean()).check(z.maxLength(MAX_HAVE)) }),
  z.object({ kind: z.literal("sending"), sizeBytes: count }),
  /** `offset`: what an earlier, broken transfer has left. */
  z.object({ kind: z.literal("send"), offset: count }),
  z.object({ kind: z.literal("stored") }),
  /** `missing`, `corrupt`, `disk-full`, `too-large`, `busy`, `offset`, `malformed`, `failed`. The connection closes, but for `missing`. */
  z.object({ kind: z.literal("refused"), code: z.string(), message: z.string() }),
]);

export type FileRequest = z.infer<typeof fileRequestSchema>;
export type FileReply = z.infer<typeof fileReplySchema>;
