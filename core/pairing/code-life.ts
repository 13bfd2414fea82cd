import type { EpochMs, Millis } from "../model/id.ts";
import { CODE_TRIES, CODE_VALID_MS, type PairingCode } from "./code.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** Wait after the first code that was used up by wrong tries; doubles with every further one. */
export const FIRST_PAUSE_MS = 10_000;
/** The longest such wait. With 5 tries each, guessing a 6-digit code then takes years. */
export const LONGEST_PAUSE_MS = 10 * 60_000;

/**
 * The life of an agent's codes. `live`: one code may be tried. `paused`: the last one was used up by wrong tries.
 * `closed`: no code. `usedUp` counts codes lost to wrong tries since the last pairing.
 */
export type CodeLife =
  | {
      readonly kind: "live";
      readonly code: PairingCode;
      readonly validUntil: EpochMs;
      readonly triesLeft: number;
      readonly usedUp: number;
    }
  | { readonly kind: "paused"; readonly until: EpochMs; readonly usedUp: number }
  | { readonly kind: "closed" };

/** A code shown at `now`. */
export function liveCode(code: PairingCode, now: EpochMs, usedUp: number): CodeLife & { readonly kind: "live" } {
  return { kind: "live", code, validUntil: (now + CODE_VALID_MS) as EpochMs, triesLeft: CODE_TRIES, usedUp };
}

/** Why no exchange may begin, or go on, at `now`; `undefined` when it may. */
export function whyNotOpen(life: CodeLife, now: EpochMs): Refusal | undefined {
  if (life.kind === "closed") return refusal("not-pairing");
  if (life.kind === "live") return now < life.validUntil ? undefined : refusal("expired");
  const seconds = Math.max(1, Math.ceil((life.until - now) / 1000));
  return refusal(
    "too-many-tries",
    `Too many wrong codes were tried, and the old code is dead. The agent shows a new one in ${seconds} s; type that.`,
  );
}

/** The life after one wrong try: one try less, or a pause. */
export function afterWrongTry(life: CodeLife, now: EpochMs): CodeLife {
  if (life.kind !== "live") return life;
  if (life.triesLeft > 1) return { ...life, triesLeft: life.triesLeft - 1 };
  return { kind: "paused", until: (now + pauseMs(life.usedUp)) as EpochMs, usedUp: life.usedUp + 1 };
}

/** How long pairing rests after a code was used up, when `usedUp` codes were before it. */
export function pauseMs(usedUp: number): Millis {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(usedUp, 30)) as Millis;
}
