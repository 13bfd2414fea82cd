import { ROOT } from "./check-sources.ts";

/** What CommonJS packages inside an ES module bundle expect to find. */
const COMMONJS_BANNER = [
  'import { createRequire as lwCreateRequire } from "node:module";',
  'import { dirname as lwDirname } from "node:path";',
  'import { fileURLToPath as lwFileUrlToPath } from "node:url";',
  "const require = lwCreateRequire(import.meta.url);",
  "const __filename = lwFileUrlToPath(import.meta.url);",
  "const __dirname = lwDirname(__filename);",
].join("\n");

/** One module with all it imports, for Node. `outfile` is absolute or relative to the repository. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  const esbuild = await import("esbuild");
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["electron"],
    banner: { js: COMMONJS_BANNER },
    legalComments: "linked",
    logLevel: "warning",
  });
}
