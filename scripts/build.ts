import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundle } from "./bundle.ts";
import { ROOT } from "./check-sources.ts";

// `npm run build`: the window, the Electron shell and the command line, into dist/, with their sizes.

interface Part {
  readonly name: string;
  /** Without it there is nothing to build, and that is said. */
  readonly entry: string;
  /** Files and folders it is made of. */
  readonly sources: readonly string[];
  /** The folder it leaves. */
  readonly out: string;
  readonly make: () => Promise<void>;
  /** Made by `npm run build` only: it takes its time, and neither the app nor a test of the sources needs it. */
  readonly isForPackage?: true;
}

export interface BuildRequest {
  /** Also parts whose sources have not changed since they were built. */
  readonly all?: boolean;
  /** Only what cannot be built is printed. */
  readonly quiet?: boolean;
}

/** Where the window's build is described. */
const WINDOW_CONFIG =
  ["renderer/vite.config.ts", "vite.config.ts"].find((file) => existsSync(join(ROOT, file))) ?? "vite.config.ts";

const SHARED = ["core", "system", "package.json", "package-lock.json", "scripts/build.ts"];

const PARTS: readonly Part[] = [
  {
    name: "window",
    entry: WINDOW_CONFIG,
    sources: [...SHARED, "renderer", WINDOW_CONFIG],
    out: "dist/renderer",
    make: makeWindow,
  },
  {
    name: "desktop shell",
    entry: "main/host/utility.ts",
    sources: [...SHARED, "main", "build", "scripts/build-electron.ts"],
    out: "dist/electron",
    make: async () => (await import("./build-electron.ts")).buildElectron(),
  },
  {
    name: "command line and agent",
    entry: "main/cli/main.ts",
    sources: [...SHARED, "main", "agent"],
    out: "dist/cli",
    make: makeCommands,
  },
  {
    name: "library",
    entry: "main/sdk/index.ts",
    sources: [...SHARED, "main", "scripts/build-library.ts"],
    out: "dist/sdk",
    make: makeLibrary,
    isForPackage: true,
  },
  { name: "samples", entry: "examples/README.md", sources: ["examples"], out: "dist/examples", make: copySamples },
];

/** Whether some part is missing or older than its sources. */
export function needsBuild(): boolean {
  return PARTS.some((part) => part.isForPackage !== true && existsSync(join(ROOT, part.entry)) && isStale(part));
}

/** Builds the parts, and prints a line for each that was built or cannot be. Throws when one fails. */
export async function build({ all = false, quiet = false }: BuildRequest): Promise<void> {
  for (const part of PARTS) {
    if (!existsSync(join(ROOT, part.entry))) console.log(`build: no ${part.name}, ${part.entry} is not there`);
    else if (all || (part.isForPackage !== true && isStale(part))) await makePart(part, quiet);
  }
}

async function makePart(part: Part, quiet: boolean): Promise<void> {
  const startedAt = Date.now();
  await part.make();
  mkdirSync(dirname(stampFile(part)), { recursive: true });
  writeFileSync(stampFile(part), `${startedAt}\n`);
  if (quiet) return;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`build: ${part.name} in ${seconds} s, ${part.out} ${toSize(folderSize(part.out))}`);
  for (const name of readdirSync(join(ROOT, part.out))) {
    const { size } = statSync(join(ROOT, part.out, name));
    if (/\.(c?js|html)$/.test(name)) console.log(`       ${part.out}/${name} ${toSize(size)}`);
  }
}

/** Sources changed after the last build of the part began. A folder counts as a source: its time tells of files taken away. */
function isStale(part: Part): boolean {
  const stamp = stampFile(part);
  if (!existsSync(stamp) || !existsSync(join(ROOT, part.out))) return true;
  const builtAt = Number(readFileSync(stamp, "utf8"));
  return part.sources.some((source) => newestTime(source) > builtAt);
}

/** Beside the part, not in it: what lies in dist/ is packed. */
function stampFile(part: Part): string {
  return join(ROOT, "node_modules/.cache", `build-${part.out.replaceAll("/", "-")}`);
}

function newestTime(path: string): number {
  const full = join(ROOT, path);
  if (!existsSync(full)) return 0;
  const stats = statSync(full);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(full).reduce((newest, name) => Math.max(newest, newestTime(`${path}/${name}`)), stats.mtimeMs);
}

async function makeWindow(): Promise<void> {
  const vite = await import("vite");
  await vite.build({ configFile: join(ROOT, WINDOW_CONFIG), logLevel: "warn" });
  if (!existsSync(join(ROOT, "dist/renderer/index.html")))
    throw new Error("the window's build left no dist/renderer/index.html");
}

/** The library's samples, where the bundles look for them. */
async function copySamples(): Promise<void> {
  await cp(join(ROOT, "examples"), join(ROOT, "dist/examples"), { recursive: true });
}

/** One folder for all: the command line starts the `agent.js` beside it, and the agent the `spawner.js` and `script-host.js` beside it. */
async function makeCommands(): Promise<void> {
  await bundle("main/cli/main.ts", "dist/cli/main.js");
  await bundle("agent/main.ts", "dist/cli/agent.js");
  await bundle("agent/spawner/main.ts", "dist/cli/spawner.js");
  await bundle("agent/script/host.ts", "dist/cli/script-host.js");
}

/** What programs import. It starts the agents of the command line's folder. */
async function makeLibrary(): Promise<void> {
  await (await import("./build-library.ts")).buildLibrary(join(ROOT, "dist/sdk"));
}

function folderSize(path: string): number {
  const full = join(ROOT, path);
  const stats = statSync(full);
  return stats.isDirectory()
    ? readdirSync(full).reduce((sum, name) => sum + folderSize(`${path}/${name}`), 0)
    : stats.size;
}

function toSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

if (import.meta.main) await build({ all: true });
