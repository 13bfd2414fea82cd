import { readFileSync, readdirSync, statSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { type Result, err, ok } from "#core/base/result.ts";
import type { WorkflowSource } from "#core/ipc/params.ts";
import { libraryNameProblem } from "#core/model/library-name.ts";
import type { Library, LibraryFailure, LibraryKeeping, WorkflowText } from "#core/ports/library.ts";
import { MAX_FILE_BYTES } from "#core/workflow-file/limits.ts";
import { writeDurably } from "#system/durable-file.ts";
import { checkModule } from "./check-module.ts";

const ENDINGS = [".yaml", ".yml", ".json"];
/** Below the user's own folder: what was put aside. Its name begins with a full stop, so it is no workflow. */
const ASIDE = ".removed";

/** Workflows of the library are the files of its folders; the first folder, the user's own, is the one that is written, and wins. */
export class FolderLibrary implements Library, LibraryKeeping {
  readonly keeping = this;
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
    if (source.kind === "file") return readText(path.resolve(source.file), false);
    const file = this.#find(source.name);
    if (file !== null) return readText(file, path.dirname(file) === this.#own);
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

  get #own(): string {
    return this.#folders[0] ?? "";
  }

  #ownFile(name: string): string | null {
    const found = listFiles(this.#own).find((file) => path.parse(file).name === name);
    return found === undefined ? null : path.join(this.#own, found);
  }

  async save(name: string, text: string, expected: string | null): Promise<Result<void, LibraryFailure>> {
    const problem = libraryNameProblem(name);
    if (problem !== null) return err({ code: "bad-name", message: problem });
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_FILE_BYTES)
      return err({ code: "too-large", message: `the text has ${bytes} bytes, at most ${MAX_FILE_BYTES} are kept` });
    const there = this.#ownFile(name);
    const present = there === null ? null : readText(there, true);
    if (expected === null && present !== null)
      return err({ code: "exists", message: `the library has a workflow “${name}” already: choose another name` });
    if (expected !== null && (present === null || !present.ok || present.value.text !== expected))
      return err({ code: "changed", message: `“${name}” was changed or removed by somebody else since it was opened` });
    return this.#onDisk(async () => {
      await mkdir(this.#own, { recursive: true });
      await writeDurably(there ?? path.join(this.#own, `${name}.yaml`), text);
    });
  }

  async remove(name: string): Promise<Result<string, LibraryFailure>> {
    const file = this.#ownFile(name);
    if (file === null) {
      const isSample = this.#find(name) !== null;
      if (!isSample) return err({ code: "not-found", message: `the library has no workflow “${name}”` });
      return err({ code: "not-own", message: `“${name}” comes with Lanweave and cannot be removed` });
    }
    const aside = path.join(this.#own, ASIDE);
    const number = Math.max(0, ...entries(aside).map((one) => Number.parseInt(one, 10) || 0)) + 1;
    const kept = `${number}-${path.basename(file)}`;
    const moved = await this.#onDisk(async () => {
      await mkdir(aside, { recursive: true });
      await rename(file, path.join(aside, kept));
    });
    return moved.ok ? ok(kept) : moved;
  }

  async restore(kept: string): Promise<Result<string, LibraryFailure>> {
    const aside = path.join(this.#own, ASIDE);
    if (!entries(aside).includes(kept))
      return err({ code: "not-found", message: `nothing was put aside as “${kept}”: it may be back already` });
    const file = kept.replace(/^\d+-/, "");
    const { name } = path.parse(file);
    if (this.#ownFile(name) !== null)
      return err({
        code: "exists",
        message: `the library has another workflow “${name}” by now: rename or remove it first`,
      });
    const moved = await this.#onDisk(() => rename(path.join(aside, kept), path.join(this.#own, file)));
    return moved.ok ? ok(name) : moved;
  }

  async #onDisk(work: () => Promise<void>): Promise<Result<void, LibraryFailure>> {
    try {
      return ok(await work());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return err({ code: "disk", message: `the library's folder ${this.#own} could not be written: ${why}` });
    }
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
  return entries(folder)
    .filter((file) => ENDINGS.includes(path.extname(file)))
    .sort();
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function readText(file: string, isOwn: boolean): Result<WorkflowText, string> {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES)
      return err(`${file} has ${String(size)} bytes, at most ${String(MAX_FILE_BYTES)} are read`);
    return ok({
      file,
      folder: path.dirname(file),
      isOwn,
      text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)),
    });
  } catch (error) {
    if (error instanceof TypeError) return err(`${file} is not UTF-8 text`);
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
