/** Any JSON value. What crosses a process boundary or enters the journal is of this type. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True when lists and objects lie in each other more than `limit` levels deep. Needs no stack of its own. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const inner: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      if (depth === limit) return true;
      for (const part of Object.values(one)) if (typeof part === "object" && part !== null) inner.push(part);
    }
    level = inner;
  }
  return false;
}

/** False when a number in it is infinite or none at all, as `1e999` becomes when it is read: JSON can write neither. Needs no stack of its own. */
export function hasFiniteNumbers(value: unknown): boolean {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one === "number" && !Number.isFinite(one)) return false;
    if (typeof one === "object" && one !== null) for (const part of Object.values(one)) waiting.push(part);
  }
  return true;
}
