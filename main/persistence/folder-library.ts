import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type Result, err, ok } from "#core/base/result.ts";
import type { WorkflowSource } from "#core/ipc/params.ts";
import type { Library, WorkflowText } from "#core/ports/library.ts";
import { checkModule } from "./check-module.ts";

const ENDINGS = [".yaml", ".yml", ".json"];
/** Larger files are refused before they are read. Rule FILE-7. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Workflows of the library are the files of its folders; the first folder that has a name wins. */
export class FolderLibrary implements Library {
  readonly #folders: readonly string[];
  readonly #collected: string;

  /** `collected`: where the files of library runs go, a folder a run. */
  constructor(folders: readonly string[], collected: string) {
    this.#folders = folders;
    this.#collected = collected;
  }

  names(): readonly string[] {
    const names = this.#folders.flatMap((folder) => listFiles(folder).map((file) => path.parse(file).name));
    return [...new Set(names)].sort();
  }

  read(source: WorkflowSource): Result<WorkflowText, string> {
    if (source.kind === "file") return readText(path.resolve(source.file));
    const file = this.#find(source.name);
    if (file !== null) return readText(file);
    return err(
      `there is no workflow “${source.name}” in the library (${this.#folders.join(", ")}): it has ${this.names().join(", ") || "none"}`,
    );
  }

  #find(name: string): string | null {
    for (const folder of this.#folders) {
      const file = listFiles(folder).find((one) => path.parse(one).name === name);
      if (file !== undefined) return path.join(folder, file);
    }
    return null;
  }

  resolve(reference: string, from: string): Result<{ readonly file: string; readonly text: string }, string> {
    const isFile = ENDINGS.includes(path.extname(reference)) || reference.includes("/");
    if (path.isAbsolute(reference))
      return err(`“${reference}” is absolute: expected a file relative to ${path.dirname(from)}`);
    return this.read(
      isFile
        ? { kind: "file", file: path.resolve(path.dirname(from), reference) }
        : { kind: "library", name: reference },
    );
  }

  checkModule(module: string, file: string): string | null {
    return checkModule(path.dirname(file), module);
  }

  outFolder(run: string, source: WorkflowSource, out: string | null): string {
    if (out !== null) return path.resolve(out);
    return source.kind === "file" ? path.dirname(path.resolve(source.file)) : path.join(this.#collected, run);
  }
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => ENDINGS.includes(path.extname(file)))
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function readText(file: string): Result<WorkflowText, string> {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES)
      return err(`${file} has ${String(size)} bytes, at most ${String(MAX_FILE_BYTES)} are read`);
    return ok({
      file,
      folder: path.dirname(file),
      text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)),
    });
  } catch (error) {
    if (error instanceof TypeError) return err(`${file} is not UTF-8 text`);
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
