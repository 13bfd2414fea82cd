import { randomBytes } from "node:crypto";
import type { Random } from "#core/ports/random.ts";

/** The system's own. */
export const systemRandom: Random = {
  chance: () => Math.random(),
  bytes: (length) => randomBytes(length),
};
