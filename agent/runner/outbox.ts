import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { isDeeperThan } from "#core/base/json.ts";
import type { AttemptKey } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { Log } from "#core/ports/log.ts";
import { toAttemptKey, toOutcome } from "#core/protocol/convert.ts";
import { MAX_JSON_DEPTH } from "#core/protocol/limits.ts";
import { attemptKeySchema, outcomeSchema } from "#core/protocol/messages.ts";
import { UNDER_WAY, writeDurably } from "../disk/durable-file.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";

const fileSchema = z.object({
  app: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  key: attemptKeySchema,
  outcome: outcomeSchema,
});

/** An outcome that waits to be settled. */
export interface OutboxEntry {
  readonly app: AppId;
  readonly key: AttemptKey;
  readonly outcome: AttemptOutcome;
}

/** Durable on return. Rule RUN-8. */
export async function writeOutcome(places: AttemptPlaces, entry: OutboxEntry): Promise<void> {
  await writeDurably(places.outcome, JSON.stringify(entry));
}

/** What an earlier process of this agent finished and never got settled. A damaged file is logged, by name, and kept aside. */
export async function readOutbox(folder: string, log: Log): Promise<readonly OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  for (const name of await readdir(folder)) {
    if (name.endsWith(UNDER_WAY)) await rm(join(folder, name), { force: true });
    if (!name.endsWith(".json")) continue;
    const entry = parseEntry(await readFile(join(folder, name), "utf8"));
    if (entry === undefined)
      log.error("an outcome kept for an app is damaged and was ignored", { file: join(folder, name) });
    else entries.push(entry);
  }
  return entries;
}

function parseEntry(text: string): OutboxEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Two levels lie around the result. No app could take a deeper one, however often it is told.
    if (isDeeperThan(value, MAX_JSON_DEPTH + 2)) return undefined;
    const parsed = fileSchema.safeParse(value);
    if (!parsed.success) return undefined;
    const { app, key, outcome } = parsed.data;
    return { app: app as AppId, key: toAttemptKey(key), outcome: toOutcome(outcome) };
  } catch {
    return undefined;
  }
}
