import type { JsonObject } from "../base/json.ts";

/** The log of our own processes (not of tasks). Fields are flat; secrets are never passed. */
export interface Log {
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}
