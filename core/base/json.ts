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
