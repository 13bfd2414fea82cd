import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";
import { build } from "esbuild";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

export interface ElectronBuild {
  /** Where the built shell goes. */
  readonly outFolder: string;
  /** The program that becomes `host.js`. */
  readonly hostEntry: string;
}

const PRODUCT: ElectronBuild = {
  outFolder: join(PROJECT, "dist/electron"),
  hostEntry: join(PROJECT, "main/host/utility.ts"),
};

/** What CommonJS packages inside an ES module bundle expect to find. */
const COMMONJS_BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  'import { dirname as __pathDirname } from "node:path";',
  'import { fileURLToPath as __fileUrlToPath } from "node:url";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = __fileUrlToPath(import.meta.url);",
  "const __dirname = __pathDirname(__filename);",
].join("\n");

/** Bundles the shell and the coordinator process, each into one file that needs no `node_modules`. */
export async function buildElectron(options: ElectronBuild = PRODUCT): Promise<void> {
  const { outFolder, hostEntry } = options;
  mkdirSync(outFolder, { recursive: true });
  await Promise.all([
    build({ ...common(), entryPoints: [join(PROJECT, "main/electron/main.ts")], outfile: join(outFolder, "main.js") }),
    build({
      ...common(),
      entryPoints: [join(PROJECT, "main/electron/preload.ts")],
      outfile: join(outFolder, "preload.cjs"),
      // A sandboxed preload is a classic script.
      format: "cjs",
      banner: {},
    }),
    build({ ...common(), entryPoints: [resolve(hostEntry)], outfile: join(outFolder, "host.js") }),
  ]);
  copyFileSync(join(PROJECT, "build/icon.png"), join(outFolder, "icon.png"));
  copyFileSync(join(PROJECT, "build/tray.png"), join(outFolder, "tray.png"));
}

function common(): BuildOptions {
  return {
    absWorkingDir: PROJECT,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["electron"],
    banner: { js: COMMONJS_BANNER },
    legalComments: "linked",
    logLevel: "warning",
  };
}
