/** The unit signs of one language. */
export interface DurationUnits {
  readonly millisecond: string;
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
}

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A measured time in its two largest units: `840 ms`, `4.2 s`, `42 s`, `2 m 14 s`, `3 h 7 m`, `2 d 4 h`. */
export function formatDuration(durationMs: number, units: DurationUnits): string {
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)} ${units.millisecond}`;
  if (durationMs < 9_950) return `${(durationMs / SECOND_MS).toFixed(1)} ${units.second}`;
  return wholeSeconds(Math.round(durationMs / SECOND_MS), units);
}

/** A time that is still growing, in whole seconds so that it does not flicker: `0 s`, `7 s`, `2 m 14 s`. */
export function formatElapsed(durationMs: number, units: DurationUnits): string {
  return wholeSeconds(Math.floor(Math.max(durationMs, 0) / SECOND_MS), units);
}

function wholeSeconds(seconds: number, units: DurationUnits): string {
  if (seconds < MINUTE_S) return `${seconds} ${units.second}`;
  if (seconds < HOUR_S) return two(seconds, MINUTE_S, units.minute, 1, units.second);
  if (seconds < DAY_S) return two(seconds, HOUR_S, units.hour, MINUTE_S, units.minute);
  return two(seconds, DAY_S, units.day, HOUR_S, units.hour);
}

function two(seconds: number, large: number, largeSign: string, small: number, smallSign: string): string {
  return `${Math.floor(seconds / large)} ${largeSign} ${Math.floor((seconds % large) / small)} ${smallSign}`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size in binary units with at most one decimal: `0 B`, `512 B`, `1.5 KiB`, `16 GiB`. */
export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1_023.95 && unit < BYTE_UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
  return `${text} ${BYTE_UNITS[unit] ?? ""}`;
}

/** How far away a moment is, in the largest fitting unit of `Intl.RelativeTimeFormat`; negative is past. */
export function relativeParts(fromNowMs: number): {
  readonly value: number;
  readonly unit: "second" | "minute" | "hour" | "day";
} {
  const seconds = Math.trunc(fromNowMs / SECOND_MS);
  const distance = Math.abs(seconds);
  if (distance < MINUTE_S) return { value: seconds, unit: "second" };
  if (distance < HOUR_S) return { value: Math.trunc(seconds / MINUTE_S), unit: "minute" };
  if (distance < DAY_S) return { value: Math.trunc(seconds / HOUR_S), unit: "hour" };
  return { value: Math.trunc(seconds / DAY_S), unit: "day" };
}
