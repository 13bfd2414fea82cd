import { scrypt } from "@noble/hashes/scrypt.js";
import type { PairingCode } from "./code.ts";
import { SCALAR_BYTES, toScalar } from "./spake2.ts";

/** Length of the salt the agent sends first; new for every code. */
export const SALT_BYTES = 16;

/** 16 MiB and some 50 ms: it slows down whoever tries codes against a stolen transcript, and an agent pays it once a code. */
const COST = { N: 2 ** 14, r: 8, p: 1 };

/** The number both ends make of the code. Takes tens of milliseconds; keep the result for as long as the code lives. */
export function derivePairingSecret(code: PairingCode, salt: Uint8Array): bigint {
  return toScalar(scrypt(code, salt, { ...COST, dkLen: SCALAR_BYTES }));
}
