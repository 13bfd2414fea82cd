import { p256 } from "@noble/curves/nist.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../base/result.ts";
import { equalBytes, toBigInt, toBytes32 } from "./bytes.ts";

/** The two ends of the exchange: A speaks first and is the app, B is the agent. */
export type Spake2Role = "A" | "B";

/** One end's secret half of a running exchange, and the public share it sends. Never reused for a second exchange. */
export interface Spake2Start {
  readonly role: Spake2Role;
  readonly secret: bigint;
  readonly scalar: bigint;
  /** Uncompressed point, `SHARE_BYTES` long. */
  readonly share: Uint8Array;
}

/** What both ends hold at the end: they agree only if the secrets, identities and associated data agreed. */
export interface Spake2Keys {
  /** 16 bytes, known to both ends and to nobody else. */
  readonly shared: Uint8Array;
  /** What this end sends to prove that it knows the secret. */
  readonly confirmation: Uint8Array;
  /** What the other end must send. */
  readonly expected: Uint8Array;
}

/** Who takes part (`A`, `B`) and what else both must have seen alike. */
export interface Spake2Context {
  readonly identityA: string;
  readonly identityB: string;
  readonly associated: string;
}

/** Length of a share: an uncompressed point of P-256. */
export const SHARE_BYTES = 65;
/** Length of a confirmation: an HMAC with SHA-256. */
export const CONFIRMATION_BYTES = 32;
/** Bytes of chance for one scalar: 8 more than the order has, so that the reduction is not biased (RFC 9382, section 3.3). */
export const SCALAR_BYTES = 40;

const Point = p256.Point;
const ORDER = Point.Fn.ORDER;
/** The suite's two fixed points (RFC 9382, section 6). */
const M = Point.fromBytes(hexToBytes("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"));
const N = Point.fromBytes(hexToBytes("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"));

/** A scalar in [1, order) from `SCALAR_BYTES` or more bytes of chance or of a key derivation. */
export function toScalar(bytes: Uint8Array): bigint {
  return (toBigInt(bytes) % (ORDER - 1n)) + 1n;
}

/** Begins an exchange of SPAKE2 with P-256, SHA-256, HKDF and HMAC (RFC 9382). `secret` and `scalar` are in [1, order). */
export function startSpake2(role: Spake2Role, secret: bigint, scalar: bigint): Spake2Start {
  const mask = (role === "A" ? M : N).multiply(secret);
  return { role, secret, scalar, share: Point.BASE.multiply(scalar).add(mask).toBytes(false) };
}

/** Combines both shares. A share that is no point of the curve, or one made to cancel out, is refused. */
export function finishSpake2(
  start: Spake2Start,
  peerShare: Uint8Array,
  context: Spake2Context,
): Result<Spake2Keys, "bad-share"> {
  const shared = sharedPoint(start, peerShare);
  if (shared === undefined) return err("bad-share");
  const [shareA, shareB] = start.role === "A" ? [start.share, peerShare] : [peerShare, start.share];
  const transcript = concatBytes(
    ...[
      utf8ToBytes(context.identityA),
      utf8ToBytes(context.identityB),
      shareA,
      shareB,
      shared,
      toBytes32(start.secret),
    ].map(withLength),
  );
  const digest = sha256(transcript);
  const info = concatBytes(utf8ToBytes("ConfirmationKeys"), utf8ToBytes(context.associated));
  const keys = hkdf(sha256, digest.subarray(16), undefined, info, 32);
  const fromA = hmac(sha256, keys.subarray(0, 16), transcript);
  const fromB = hmac(sha256, keys.subarray(16), transcript);
  const [confirmation, expected] = start.role === "A" ? [fromA, fromB] : [fromB, fromA];
  return ok({ shared: digest.slice(0, 16), confirmation, expected });
}

/** Whether the other end proved that it knows the secret; takes the same time wherever the bytes differ. */
export function isConfirmed(keys: Spake2Keys, received: Uint8Array): boolean {
  return equalBytes(keys.expected, received);
}

function sharedPoint(start: Spake2Start, peerShare: Uint8Array): Uint8Array | undefined {
  if (peerShare.length !== SHARE_BYTES) return undefined;
  try {
    const peer = Point.fromBytes(peerShare);
    peer.assertValidity();
    const unmasked = peer.subtract((start.role === "A" ? N : M).multiply(start.secret));
    return unmasked.is0() ? undefined : unmasked.multiply(start.scalar).toBytes(false);
  } catch {
    // The library throws for every encoding that is not a point of the curve: for us that is one expected outcome.
    return undefined;
  }
}

function withLength(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return concatBytes(length, bytes);
}
