import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What an agent's folder is written in: its keys and pairings, its store of files, what it keeps of attempts. A folder without the marker
 * is of 1, before there was one. Who raises it brings older folders up here.
 */
export const AGENT_FORMAT = 1;
const MARKER_NAME = "format.json";

/** Why the folder cannot be used by this version, or null; one without a marker is marked. Throws when it cannot be written. */
export function checkFormat(folder: string): string | null {
  const file = join(folder, MARKER_NAME);
  const found = readFormat(file);
  if (found === "damaged") return `${file} is damaged: remove it if the folder is of this version, or update Lanweave`;
  if (found !== null && found > AGENT_FORMAT) {
    const formats = `format ${String(found)}, this one knows ${String(AGENT_FORMAT)}`;
    return `the data folder ${folder} was written by a newer Lanweave (${formats}): update it, or give another folder with --data`;
  }
  if (found === null) mark(file);
  return null;
}

/** Null: there is none. */
function readFormat(file: string): number | "damaged" | null {
  try {
    const marker: unknown = JSON.parse(readFileSync(file, "utf8"));
    const isMarker = marker !== null && typeof marker === "object" && "folder" in marker;
    return isMarker && typeof marker.folder === "number" && marker.folder >= 1 ? marker.folder : "damaged";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? null : "damaged";
  }
}

function mark(file: string): void {
  const temporary = `${file}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify({ folder: AGENT_FORMAT })}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
