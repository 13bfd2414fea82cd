import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import type { Disposable } from "#core/base/dispose.ts";
import { DataFolderError, toFolderError } from "./data-folder-error.ts";
import { bringUpToDate } from "./folder-format.ts";
import { DataFolderHeldError } from "./session.ts";

/** An empty database whose lock the holder keeps: the system gives it up when the process ends, however it ends. */
const LOCK_NAME = "coordinator.lock";
/** Who holds the lock and where it listens, for other commands and for people. */
const RECORD_NAME = "coordinator.json";
/** The journal's file. */
export const JOURNAL_NAME = "journal.sqlite";
/** How long a new holder may take between taking the lock and writing who it is. */
const RECORD_WAIT_MS = 1_000;
const RECORD_POLL_MS = 25;
const SQLITE_BUSY = 5;

const recordSchema = z.object({ pid: z.int(), startedAt: z.number(), socketPath: z.nullable(z.string()) });
export type CoordinatorRecord = z.infer<typeof recordSchema>;

/** A data folder that this process holds. `dispose` gives it up. */
export interface DataFolder extends Disposable {
  readonly path: string;
  /** Tells other commands where the coordinator listens. */
  publish(socketPath: string): void;
  dispose(): void;
}

/**
 * The data folder: what was given, else `LANWEAVE_DATA`, else the system's place for the app's data, which is where the desktop app
 * (Electron's `userData`) has its own: all commands of one person meet there.
 */
export function dataFolderPath(
  given: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (given !== undefined && given !== "") return resolve(given);
  const chosen = environment["LANWEAVE_DATA"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  return join(applicationData(environment, platform), "Lanweave");
}

function applicationData(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homedir();
  if (platform === "darwin") return join(home, "Library", "Application Support");
  if (platform === "win32") return environment["APPDATA"] ?? join(home, "AppData", "Roaming");
  const configured = environment["XDG_CONFIG_HOME"];
  return configured !== undefined && configured.startsWith("/") ? configured : join(home, ".config");
}

/** Whether a coordinator has ever used the folder. */
export function wasDataFolderUsed(dataDir: string): boolean {
  return existsSync(join(dataDir, LOCK_NAME));
}

/** Makes the folder its user's alone and holds it. Throws `DataFolderHeldError` while another process does, `DataFolderError`. */
export async function holdDataFolder(dataDir: string): Promise<DataFolder> {
  const path = resolve(dataDir);
  const isNew = !wasDataFolderUsed(path);
  makePrivate(path);
  const lock = takeLock(join(path, LOCK_NAME));
  if (lock === null) throw new DataFolderHeldError(path, await holderPid(path));
  try {
    assertWhole(path);
    bringUpToDate(path, isNew);
    writeRecord(path, null);
  } catch (error) {
    lock.close();
    throw error;
  }
  let isHeld = true;
  return {
    path,
    publish: (socketPath) => writeRecord(path, socketPath),
    dispose() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(join(path, RECORD_NAME), { force: true });
      lock.close();
    },
  };
}

/** A coordinator that was at work when it was killed leaves the newest events in a file beside the journal, which must be there. */
function assertWhole(path: string): void {
  const log = join(path, `${JOURNAL_NAME}-wal`);
  const wasLeftOpen = readCoordinatorRecord(path)?.socketPath != null;
  if (!wasLeftOpen || !existsSync(join(path, JOURNAL_NAME)) || existsSync(log)) return;
  const what = `${log} is missing, which holds what was accepted last, because the app was not closed`;
  throw new DataFolderError(`${what}: put it back; or remove ${join(path, RECORD_NAME)} to go on without it`);
}

/** Who holds the folder, as it wrote itself; null when nobody did. A process that was killed leaves its record behind. */
export function readCoordinatorRecord(dataDir: string): CoordinatorRecord | null {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(readFileSync(join(dataDir, RECORD_NAME), "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not there, or not ours: then nobody can be found by it.
    return null;
  }
}

function writeRecord(path: string, socketPath: string | null): void {
  const record: CoordinatorRecord = { pid: process.pid, startedAt: Date.now(), socketPath };
  const temporary = join(path, `${RECORD_NAME}.${process.pid}`);
  try {
    writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(temporary, join(path, RECORD_NAME));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw toFolderError(error, path);
  }
}

function makePrivate(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DataFolderError(`the data folder ${path} could not be made: ${messageOf(error)}`, { cause: error });
  }
  if (process.platform === "win32") return;
  const { uid, mode } = statSync(path);
  if (uid !== process.getuid?.()) {
    throw new DataFolderError(`the data folder ${path} belongs to another user: give one of your own with --data`);
  }
  if ((mode & 0o077) === 0) return;
  // Closing a folder that holds something else (a home folder, say) could lock others out of what is theirs.
  if (!wasDataFolderUsed(path) && readdirSync(path).length > 0) {
    throw new DataFolderError(
      `the data folder ${path} is open to other users and holds other files: give a new folder with --data, or close it with chmod 700`,
    );
  }
  chmodSync(path, 0o700);
}

function takeLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    if (process.platform !== "win32") chmodSync(file, 0o600);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return null;
    throw new DataFolderError(`the data folder's lock ${file} could not be taken: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function holderPid(path: string): Promise<number> {
  const deadline = performance.now() + RECORD_WAIT_MS;
  for (;;) {
    const record = readCoordinatorRecord(path);
    if (record !== null && isAlive(record.pid)) return record.pid;
    if (performance.now() > deadline) return record?.pid ?? 0;
    await delay(RECORD_POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
