import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Disposable } from "#core/base/dispose.ts";
import { isDeeperThan } from "#core/base/json.ts";
import type { AttemptKey } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import { toAttemptKey, toOutcome } from "#core/protocol/convert.ts";
import { MAX_JSON_DEPTH } from "#core/protocol/limits.ts";
import { attemptKeySchema, outcomeSchema } from "#core/protocol/messages.ts";
import { UNDER_WAY, writeDurably } from "#system/durable-file.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";

const fileSchema = z.object({
  app: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  key: attemptKeySchema,
  outcome: outcomeSchema,
  /** Of the three above as they are written. Older agents wrote none. */
  sha256: z.optional(z.string()),
});

/** An outcome that waits to be settled. */
export interface OutboxEntry {
  readonly app: AppId;
  readonly key: AttemptKey;
  readonly outcome: AttemptOutcome;
}

/** An app that is there takes an outcome sooner than this, so that most are never written. */
const WRITE_AFTER_MS = 50;
/** What could not be written, as on a full disk, is tried again after this. */
const RETRY_AFTER_MS = 1_000;

/**
 * Keeps outcomes until they are taken. One that its app does not take at once is durable shortly after the attempt's end; a power cut before
 * that costs as much as one just before the end would have: the attempt is done again. Rule RUN-8.
 */
export class Outbox implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kept = new Set<KeptOutcome>();

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  keep(places: AttemptPlaces, entry: OutboxEntry): KeptOutcome {
    const kept = new KeptOutcome(places.outcome, entry, { clock: this.#clock, log: this.#log }, () =>
      this.#kept.delete(kept),
    );
    this.#kept.add(kept);
    kept.writeLater(WRITE_AFTER_MS);
    return kept;
  }

  /** Writes what was not taken. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#kept].map((kept) => kept.write()));
  }
}

/** One outcome, in memory first, then on the disk, until `taken`. */
export class KeptOutcome {
  readonly #file: string;
  readonly #entry: OutboxEntry;
  readonly #ports: { readonly clock: Clock; readonly log: Log };
  readonly #over: () => void;
  #isTaken = false;
  #cancel: () => void = () => undefined;
  #writing: Promise<void> | undefined;

  constructor(file: string, entry: OutboxEntry, ports: { readonly clock: Clock; readonly log: Log }, over: () => void) {
    this.#file = file;
    this.#entry = entry;
    this.#ports = ports;
    this.#over = over;
  }

  writeLater(afterMs: number): void {
    this.#cancel = this.#ports.clock.after(afterMs, () => void this.write());
  }

  write(): Promise<void> {
    this.#cancel();
    this.#writing ??= writeDurably(this.#file, toText(this.#entry)).catch((error: unknown) => {
      // It is told all the same: an outcome that a crash would lose is better than none at all.
      this.#ports.log.error("an outcome could not be made durable", { file: this.#file, error: String(error) });
      this.#writing = undefined;
      if (!this.#isTaken) this.writeLater(RETRY_AFTER_MS);
    });
    return this.#writing;
  }

  async taken(): Promise<void> {
    this.#isTaken = true;
    this.#cancel();
    this.#over();
    if (this.#writing === undefined) return;
    await this.#writing;
    await rm(this.#file, { force: true });
  }
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

function toText({ app, key, outcome }: OutboxEntry): string {
  return JSON.stringify({ app, key, outcome, sha256: digestOf({ app, key, outcome }) });
}

/** A bit that turns over on a disk can leave sound JSON with another result in it. */
function digestOf(content: { readonly app: unknown; readonly key: unknown; readonly outcome: unknown }): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

/** Before anything is made of it: what a schema leaves out would be missing. */
function isAsWritten(value: unknown, sha256: string | undefined): boolean {
  if (sha256 === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { app, key, outcome } = value as Record<string, unknown>;
  return digestOf({ app, key, outcome }) === sha256;
}

function parseEntry(text: string): OutboxEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Two levels lie around the result. No app could take a deeper one, however often it is told.
    if (isDeeperThan(value, MAX_JSON_DEPTH + 2)) return undefined;
    const parsed = fileSchema.safeParse(value);
    if (!parsed.success || !isAsWritten(value, parsed.data.sha256)) return undefined;
    const { app, key, outcome } = parsed.data;
    return { app: app as AppId, key: toAttemptKey(key), outcome: toOutcome(outcome) };
  } catch {
    return undefined;
  }
}
