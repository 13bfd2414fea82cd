import type { Brand } from "../base/brand.ts";
import { err, ok, type Result } from "../base/result.ts";
import { toBigInt } from "./bytes.ts";

/** A one-time pairing code: 6 digits a person types, or 6 to 64 of `[0-9a-z]` handed over by a program. Rule FLEET-2. */
export type PairingCode = Brand<string, "PairingCode">;

/** How long a code may be used after it was shown. */
export const CODE_VALID_MS = 10 * 60_000;
/** Wrong tries a code survives; the last one ends it. */
export const CODE_TRIES = 5;
/** Bytes of chance `newPairingCode` wants: enough that no code is likelier than another by more than 2^-40. */
export const CODE_CHANCE_BYTES = 8;

const DIGITS = 6;
const SHAPE = /^[0-9a-z]{6,64}$/;
/** Far above the longest code with a separator after every sign, so that a huge text is not normalised. */
const MAX_TYPED_LENGTH = 256;

/**
 * Reads a code as people type it: spaces, dashes of any kind, dots and underscores are ignored, upper case and
 * full-width digits are accepted. Anything else is refused with a sentence that can be shown.
 */
export function parsePairingCode(typed: string): Result<PairingCode, { code: "bad-code"; message: string }> {
  const plain = typed
    .slice(0, MAX_TYPED_LENGTH + 1)
    .normalize("NFKC")
    .replace(/[\s\p{Pd}._]/gu, "")
    .toLowerCase();
  if (typed.length <= MAX_TYPED_LENGTH && SHAPE.test(plain)) return ok(plain as PairingCode);
  const found = plain === "" ? "nothing" : plain.length > 64 ? "something longer" : `"${plain}"`;
  return err({
    code: "bad-code",
    message: `A pairing code is 6 digits like 417-283, as the agent shows it; found ${found}.`,
  });
}

/** The code as it is shown: `417-283`; longer codes, which people do not read, as they are. */
export function formatPairingCode(code: PairingCode): string {
  return /^[0-9]{6}$/.test(code) ? `${code.slice(0, 3)}-${code.slice(3)}` : code;
}

/** A fresh 6-digit code from `CODE_CHANCE_BYTES` bytes of chance. */
export function newPairingCode(chance: Uint8Array): PairingCode {
  return (toBigInt(chance) % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, "0") as PairingCode;
}
