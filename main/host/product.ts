import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";

const packageShape = z.object({ name: z.literal("lanweave"), version: z.string() });

/** Where the product lies, as a checkout or as an installed package: the folder of its `package.json`. */
export function productFolder(): string {
  // Bundled, this code lies somewhere in `dist`; in a checkout in `main/host`. So the way up is looked for, not counted.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (readProduct(folder) === null) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the folder of the package lanweave was not found above this program");
    folder = parent;
  }
  return folder;
}

/** The version of the product. */
export function productVersion(): string {
  return readProduct(productFolder())?.version ?? "unknown";
}

function readProduct(folder: string): z.infer<typeof packageShape> | null {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return null;
  const parsed = packageShape.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return parsed.success ? parsed.data : null;
}
