import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Disposable } from "#core/base/dispose.ts";
import { checkFormat } from "./folder-format.ts";

/** An empty database whose lock the holder keeps: the system gives it up when the process ends, however it ends. */
const LOCK_NAME = "agent.lock";
const PID_NAME = "agent.pid";
const SQLITE_BUSY = 5;

/** The folder cannot be used; the message says why and what to do. */
export class DataFolderError extends Error {
  readonly code = "data-folder";
}

/** Another agent has it. */
export class DataFolderHeldError extends DataFolderError {}

/** What was given, else `agent` in `LANWEAVE_DATA`, else in the system's place for the app's data. */
export function agentFolder(given: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (given !== undefined && given !== "") return resolve(given);
  const chosen = environment["LANWEAVE_DATA"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen, "agent");
  return join(applicationData(environment), "Lanweave", "agent");
}

function applicationData(environment: NodeJS.ProcessEnv): string {
  const home = homedir();
  if (process.platform === "darwin") return join(home, "Library", "Application Support");
  if (process.platform === "win32") return environment["APPDATA"] ?? join(home, "AppData", "Roaming");
  const configured = environment["XDG_CONFIG_HOME"];
  return configured?.startsWith("/") === true ? configured : join(home, ".config");
}

/** Makes the folder its user's alone and holds it until disposed. Throws a `DataFolderError` while another agent does. */
export function holdFolder(path: string): Disposable {
  makePrivate(path);
  const lock = takeLock(path);
  const pidFile = join(path, PID_NAME);
  try {
    const refusal = checkFormat(path);
    if (refusal !== null) throw new DataFolderError(refusal);
    writeFileSync(pidFile, String(process.pid), { mode: 0o600 });
  } catch (error) {
    lock.close();
    if (error instanceof DataFolderError) throw error;
    const isFull = error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
    const why = isFull ? "its disk is full: free some space, and start again" : messageOf(error);
    throw new DataFolderError(`the data folder ${path} cannot be written: ${why}`, { cause: error });
  }
  return {
    dispose() {
      if (!lock.isOpen) return;
      rmSync(pidFile, { force: true });
      lock.close();
    },
  };
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
  const names = readdirSync(path);
  if (names.length > 0 && !names.includes(LOCK_NAME)) {
    throw new DataFolderError(
      `the data folder ${path} is open to other users and holds other files: give a new folder with --data, or close it with chmod 700`,
    );
  }
  chmodSync(path, 0o700);
}

function takeLock(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, LOCK_NAME));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!(error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY)) {
      throw new DataFolderError(`the lock of the data folder ${path} could not be taken: ${messageOf(error)}`, {
        cause: error,
      });
    }
    throw new DataFolderHeldError(
      `the data folder ${path} is in use by another agent (process ${readHolder(path)}): end that one, or give another folder with --data`,
    );
  }
}

function readHolder(path: string): string {
  try {
    return readFileSync(join(path, PID_NAME), "utf8");
  } catch {
    // It has only just taken the lock.
    return "unknown";
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
