import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isBuiltin } from "node:module";
import type { Sha256 } from "#core/model/id.ts";
import {
  describeModuleFile,
  isModuleName,
  MAX_MODULE_BYTES,
  type ModuleFile,
  ModuleWalk,
} from "#core/model/module-walk.ts";
import type { FileRef } from "#core/model/run.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";
import { placeInFolder } from "./folder-files.ts";

/** A module of a folder and the files it imports there, hashed, the module first. Rule FILE-3. */
export async function findModules(folder: string, module: string): Promise<readonly FileRef[]> {
  const walk = new ModuleWalk(module, isBuiltin);
  const found: FileRef[] = [];
  for (let file = walk.take(); file !== undefined; file = walk.take()) {
    const { name } = file;
    const bytes = await read(folder, file);
    const problem = walk.read(name, bytes.toString("utf8"));
    if (problem !== null) throw new FileDeskError("not-allowed", `script: ${problem}`);
    const sha256 = createHash("sha256").update(bytes).digest("hex") as Sha256;
    found.push({ name, sha256, sizeBytes: bytes.length });
  }
  return found;
}

async function read(folder: string, file: ModuleFile): Promise<Buffer> {
  const what = describeModuleFile(file);
  const path = await placeInFolder(folder, file.name, { what, gone: "no-match" });
  try {
    const { size } = await stat(path);
    if (isModuleName(file.name) && size > MAX_MODULE_BYTES)
      throw new FileDeskError("not-allowed", `${what} has ${size} bytes, more than ${MAX_MODULE_BYTES}`);
    return await readFile(path);
  } catch (error) {
    throw toLocalError(error, `${what} cannot be read`, "no-match");
  }
}
