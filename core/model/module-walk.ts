import { whyBadFileName } from "./file-name.ts";
import { findImports } from "./module-imports.ts";

/** Files of one module: itself and everything it imports. */
export const MAX_MODULE_FILES = 1_000;
/** One of them. */
export const MAX_MODULE_BYTES = 4 * 1024 * 1024;

/** How the names of files end that Node can run. */
export const MODULE_ENDINGS: readonly string[] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/** Whether Node can run a file of this name, by its ending. */
export function isModuleName(name: string): boolean {
  return MODULE_ENDINGS.some((ending) => name.endsWith(ending));
}

/** A file to read, and who imports it: `FILE:LINE`, or null for the module itself. */
export interface ModuleFile {
  readonly name: string;
  readonly importer: string | null;
}

/** A file of a module in words for people. */
export function describeModuleFile({ name, importer }: ModuleFile): string {
  return importer === null ? `the module "${name}"` : `the file "${name}", which ${importer} imports,`;
}

/**
 * Finds the files that belong to a module: take a name, read it, hand in its source, until none is left. It follows relative imports
 * inside the folder; Node's own modules come with Node, and packages are refused, since nothing is installed on agents. Rule FILE-3.
 */
export class ModuleWalk {
  readonly #isBuiltin: (name: string) => boolean;
  readonly #known: Set<string>;
  readonly #waiting: ModuleFile[];

  /** `module`: its name in the folder. `isBuiltin`: whether Node itself has a module of a name. */
  constructor(module: string, isBuiltin: (name: string) => boolean) {
    const name = toPlainName(module);
    this.#isBuiltin = isBuiltin;
    this.#known = new Set([name]);
    this.#waiting = [{ name, importer: null }];
  }

  /** The next file to read; undefined: that is all. */
  take(): ModuleFile | undefined {
    return this.#waiting.shift();
  }

  /** Looks for imports in a file. Returns what is wrong with one of them, or null. */
  read(name: string, source: string): string | null {
    if (!isModuleName(name)) return null;
    for (const { specifier, line } of findImports(source)) {
      const problem = this.#follow(name, line, specifier);
      if (problem !== null) return `${name}:${line} imports "${specifier}": ${problem}`;
    }
    return this.#known.size > MAX_MODULE_FILES
      ? `a module and what it imports are at most ${MAX_MODULE_FILES} files, found more`
      : null;
  }

  #follow(from: string, line: number, specifier: string): string | null {
    if (!/^\.{1,2}\//.test(specifier)) {
      if (this.#isBuiltin(specifier)) return null;
      return 'only files beside it ("./x.ts") and Node\'s own modules ("node:fs") can be imported, since packages are not shipped';
    }
    const name = resolveName(from, specifier);
    if (name === null) return "it leads out of the workflow's folder";
    const why = whyBadFileName(name);
    if (why !== undefined) return why;
    if (!this.#known.has(name)) this.#waiting.push({ name, importer: `${from}:${line}` });
    this.#known.add(name);
    return null;
  }
}

/** Without `./` and doubled slashes, which whoever writes a path may leave in. */
function toPlainName(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** Specifiers are addresses: with escapes, and perhaps a query. */
function resolveName(from: string, specifier: string): string | null {
  const parts = from.split("/").slice(0, -1);
  for (const part of decode(specifier.replace(/[?#].*$/, "")).split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Node would not take it either; as it is, it names a file that is not there.
    return text;
  }
}
