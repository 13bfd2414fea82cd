import { readFileSync, realpathSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import {
  describeModuleFile,
  isModuleName,
  MAX_MODULE_BYTES,
  type ModuleFile,
  ModuleWalk,
} from "#core/model/module-walk.ts";

/** What is wrong with a module of a folder, or with what it imports there; null when all of it can be shipped. Rule FILE-3. */
export function checkModule(folder: string, module: string): string | null {
  const walk = new ModuleWalk(module, isBuiltin);
  for (let file = walk.take(); file !== undefined; file = walk.take()) {
    const source = readSource(folder, file);
    if (typeof source !== "string") return source.problem;
    const problem = walk.read(file.name, source);
    if (problem !== null) return problem;
  }
  return null;
}

/** The text of a file that may have imports; of any other it is enough that it is there. */
function readSource(folder: string, file: ModuleFile): string | { readonly problem: string } {
  const what = describeModuleFile(file);
  try {
    const root = realpathSync(folder);
    const real = realpathSync(path.join(folder, file.name));
    if (!real.startsWith(root.endsWith(path.sep) ? root : root + path.sep))
      return { problem: `${what} is outside of ${folder}: a link leads there` };
    const stats = statSync(real);
    if (!stats.isFile()) return { problem: `${what} is no regular file` };
    if (!isModuleName(file.name)) return "";
    if (stats.size > MAX_MODULE_BYTES)
      return { problem: `${what} has ${String(stats.size)} bytes, more than ${String(MAX_MODULE_BYTES)}` };
    return readFileSync(real, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { problem: `${what} is not in ${folder}` };
    return { problem: `${what} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}
