import * as z from "zod/mini";
import { MAX_PEM_LENGTH, MAX_REQUEST_LENGTH } from "./limits.ts";

// What is said at an agent's front door under `CERTIFICATES_PROTOCOL`, one JSON object a line, when no link can be had: the agent
// begins, an app answers or hangs up. So an agent that was off for longer than its certificate lived gets a new one, and wrong
// clocks are named. Rule FLEET-2.

/** ALPN name of it. */
export const CERTIFICATES_PROTOCOL = "lanweave-certificates/1";
/** One line, newline included. */
export const MAX_CERTIFICATE_LINE_BYTES = 64 * 1024;
/** All of it, from the handshake to the end. */
export const CERTIFICATES_WITHIN_MS = 10_000;

const text = z.string().check(z.maxLength(1_000));
const pem = z.string().check(z.minLength(1), z.maxLength(MAX_PEM_LENGTH));

/** From the agent. */
export const certificateOfferSchema = z.object({
  kind: z.literal("offer"),
  /** The agent's clock, in ms since 1970. */
  clock: z.number(),
  /** A request for a new certificate (PKCS#10, DER, base64); null when whoever connected is no app of this agent's. */
  request: z.nullable(z.string().check(z.maxLength(MAX_REQUEST_LENGTH))),
  /** Why there is no request. */
  reason: z.nullable(text),
});
export type CertificateOffer = z.infer<typeof certificateOfferSchema>;

/** From the app. */
export const certificateGrantSchema = z.object({ kind: z.literal("renewed"), certificate: pem, authority: pem });
export type CertificateGrant = z.infer<typeof certificateGrantSchema>;

/** From the agent, last. */
export const certificateReplySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done") }),
  z.object({ kind: z.literal("refused"), message: text }),
]);
export type CertificateReply = z.infer<typeof certificateReplySchema>;
