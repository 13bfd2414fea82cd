import type { Millis } from "../model/id.ts";
import { MAX_DURATION_MS } from "./limits.ts";

/** `250ms`, `30s`, `5m`, `2h`. Rule FILE-9. */
export const DURATION_PATTERN = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/;
/** `4096`, `512KiB`, `1GiB`. Rule FILE-9. */
export const SIZE_PATTERN = /^([0-9]+(?:\.[0-9]+)?)(B|KiB|MiB|GiB|TiB)?$/;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** Whole milliseconds, or null for what is no duration or longer than a year. */
export function parseDuration(text: string): Millis | null {
  const [, amount, unit] = DURATION_PATTERN.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  const milliseconds = Math.round(Number(amount) * (UNITS_MS[unit] ?? 0));
  return milliseconds <= MAX_DURATION_MS ? (milliseconds as Millis) : null;
}

/** Whole bytes, or null for what is no size. A number without unit is bytes. */
export function parseSize(text: string): number | null {
  const [, amount, unit] = SIZE_PATTERN.exec(text) ?? [];
  if (amount === undefined) return null;
  const bytes = Math.round(Number(amount) * (UNITS_BYTES[unit ?? "B"] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : null;
}
