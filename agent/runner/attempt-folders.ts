import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type AttemptKey, toKeyText } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";

/** Where one attempt keeps things. */
export interface AttemptPlaces {
  /** Of this attempt alone on this machine; a file name. */
  readonly id: string;
  /** Holds the three below; removed with the attempt. */
  readonly root: string;
  /** Its working directory. */
  readonly work: string;
  readonly home: string;
  readonly temporary: string;
  readonly log: string;
  readonly capture: string;
  readonly outcome: string;
}

/** Folders of the data folder that the runner fills. */
export const RUNNER_FOLDERS = { work: "work", logs: "logs", outbox: "outbox" } as const;

export function placesOf(dataDir: string, app: AppId, key: AttemptKey): AttemptPlaces {
  const digest = createHash("sha256")
    .update(`${app}\n${toKeyText(key)}`)
    .digest("hex");
  const id = `${app}-${digest.slice(0, 24)}`;
  const root = join(dataDir, RUNNER_FOLDERS.work, id);
  return {
    id,
    root,
    work: join(root, "files"),
    home: join(root, "home"),
    temporary: join(root, "tmp"),
    log: join(dataDir, RUNNER_FOLDERS.logs, `${id}.log`),
    capture: join(root, "stdout"),
    outcome: join(dataDir, RUNNER_FOLDERS.outbox, `${id}.json`),
  };
}

export async function makePlaces(places: AttemptPlaces): Promise<void> {
  try {
    await mkdir(places.root, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    // What an earlier agent process left of the same attempt must not be seen by this one.
    await rm(places.root, { recursive: true, force: true });
    await mkdir(places.root, { mode: 0o700 });
  }
  await Promise.all([places.work, places.home, places.temporary].map((path) => mkdir(path, { mode: 0o700 })));
}
