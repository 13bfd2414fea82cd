import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where library workflows are looked for: the user's own first, then the samples that come with Lanweave. */
export function libraryFolders(dataDir: string): readonly string[] {
  const here = path.dirname(fileURLToPath(import.meta.url));
  // Beside the sources in a checkout; beside the bundle's folder when built.
  const samples = [path.resolve(here, "../../examples"), path.resolve(here, "../examples")].filter((folder) =>
    existsSync(folder),
  );
  return [path.join(dataDir, "library"), ...samples];
}
