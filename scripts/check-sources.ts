import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..");

/** What a check has to say: a problem fails the check, a note is only printed. */
export interface Findings {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export interface Source {
  /** Relative to the repository, `/` between folders. */
  readonly path: string;
  readonly text: string;
}

/** Folders that hold nothing written by hand. */
const IGNORED = new Set(["node_modules", ".git", "dist", "release", "tmp"]);

/** Every file below `folder` whose name ends in one of `endings`, as sorted paths relative to the repository. */
export function listFiles(folder: string, endings: readonly string[]): readonly string[] {
  const found: string[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readdirSync(join(ROOT, next), { withFileTypes: true })) {
      const path = next === "" ? entry.name : `${next}/${entry.name}`;
      if (entry.isDirectory() && !IGNORED.has(entry.name)) pending.push(path);
      if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
    }
  }
  return found.sort();
}

/** Every TypeScript and Svelte file of the repository. */
export function readSources(): readonly Source[] {
  return listFiles("", [".ts", ".svelte"]).map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** Prints what a check found and sets the exit code: for checks that are run by themselves. */
export function printFindings(findings: Findings): void {
  for (const note of findings.notes) console.log(note);
  for (const problem of findings.problems) console.error(problem);
  if (findings.problems.length > 0) process.exitCode = 1;
}
