import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import { DataFolderError, toFolderError } from "./data-folder-error.ts";

/**
 * What a data folder is written in, part by part. The journal and the snapshots also carry theirs in themselves. Folders of before there
 * was a marker are of format 1.
 */
export const FORMATS = { folder: 2, trust: 1, library: 1, output: 1, snapshots: 1, agents: 1 } as const;

type Part = keyof typeof FORMATS;

const MARKER_NAME = "format.json";
/** In a folder of copies: the step they were made for has not ended. */
const UNFINISHED_NAME = "unfinished.json";
const UNMARKED: Formats = { folder: 1, trust: 1, library: 1, output: 1, snapshots: 1, agents: 1 };
type Formats = Readonly<Record<Part, number>>;

const count = z.int().check(z.positive());
const markerSchema = z.object({
  folder: count,
  trust: count,
  library: count,
  output: count,
  snapshots: count,
  agents: count,
});

/** One step up: brings a folder of format `from` to the next. What it changes is copied first, and put back when it fails. */
export interface Migration {
  readonly from: number;
  /** Files relative to the folder; those that are not there are passed over. */
  readonly changes: readonly string[];
  run(folder: string): void;
}

/** Format 2 has the marker, and nothing else that is new. */
export const MIGRATIONS: readonly Migration[] = [{ from: 1, changes: [], run: () => {} }];

/**
 * Refuses a folder of a newer Lanweave and brings an older one up to date, step by step. `isNew`: nobody has used it. Who calls holds
 * the folder. Throws `DataFolderError`.
 */
export function bringUpToDate(
  folder: string,
  isNew: boolean,
  migrations: readonly Migration[] = MIGRATIONS,
  formats: Formats = FORMATS,
): void {
  for (const { from } of migrations) putBack(folder, from);
  const found = isNew ? null : (readMarker(folder) ?? UNMARKED);
  if (found === null) return writeMarker(folder, formats);
  for (const part of Object.keys(formats) as Part[])
    if (found[part] > formats[part]) throw new DataFolderError(newer(folder, part, found[part], formats[part]));
  for (let at = found.folder; at < formats.folder; at += 1) {
    const migration = migrations.find(({ from }) => from === at);
    if (migration === undefined)
      throw new DataFolderError(`the data folder ${folder} is of format ${String(at)}, which this version cannot read`);
    migrate(folder, migration, { ...found, folder: at + 1 });
  }
}

function newer(folder: string, part: Part, found: number, known: number): string {
  const what = part === "folder" ? `the data folder ${folder}` : `the part “${part}” of the data folder ${folder}`;
  const formats = `format ${String(found)}, this one knows ${String(known)}`;
  return `${what} was written by a newer Lanweave (${formats}): update Lanweave, or give another folder with --data`;
}

/** Null: there is none. */
function readMarker(folder: string): Formats | null {
  const file = join(folder, MARKER_NAME);
  if (!existsSync(file)) return null;
  try {
    return markerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const what = `${file} is damaged: it should say which formats the folder is of`;
    throw new DataFolderError(
      `${what}; put a backup of it in its place, or remove it if the folder is of this version`,
      {
        cause: error,
      },
    );
  }
}

function writeMarker(folder: string, formats: Formats): void {
  const temporary = join(folder, `${MARKER_NAME}.new`);
  try {
    writeFileSync(temporary, `${JSON.stringify(formats)}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, join(folder, MARKER_NAME));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw toFolderError(error, folder);
  }
}

/** All of it or nothing: what a step changes is put back when it fails. */
function migrate(folder: string, { from, changes, run }: Migration, after: Formats): void {
  try {
    if (changes.length > 0) copyAll(folder, from, changes);
    run(folder);
    writeMarker(folder, after);
    rmSync(join(backupOf(folder, from), UNFINISHED_NAME), { force: true });
  } catch (error) {
    putBack(folder, from);
    const reason = error instanceof Error ? error.message : String(error);
    const what = `the data folder ${folder} could not be brought from format ${String(from)} to ${String(from + 1)}`;
    throw new DataFolderError(`${what}: ${reason}; it is as it was`, { cause: error });
  }
}

function backupOf(folder: string, from: number): string {
  return join(folder, "backup", `format-${String(from)}`);
}

/** The folder of copies appears when all are there; until the step is done it says so, and what it is of. */
function copyAll(folder: string, from: number, changes: readonly string[]): void {
  const backup = backupOf(folder, from);
  const making = `${backup}.new`;
  for (const old of [making, backup]) rmSync(old, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  for (const name of changes) {
    mkdirSync(dirname(join(making, name)), { recursive: true, mode: 0o700 });
    if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(making, name));
  }
  writeFileSync(join(making, UNFINISHED_NAME), JSON.stringify(changes), { flush: true });
  renameSync(making, backup);
}

/** Undoes a step that failed, or that a crash cut short. What was not there before is gone again. */
function putBack(folder: string, from: number): void {
  const backup = backupOf(folder, from);
  const unfinished = join(backup, UNFINISHED_NAME);
  if (!existsSync(unfinished)) return;
  for (const name of z.array(z.string()).parse(JSON.parse(readFileSync(unfinished, "utf8")))) {
    if (existsSync(join(backup, name))) copyFileSync(join(backup, name), join(folder, name));
    else rmSync(join(folder, name), { force: true });
  }
  rmSync(backup, { recursive: true, force: true });
}
