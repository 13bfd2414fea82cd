import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { extractAll } from "@electron/asar";
import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";

// Packs the app as a release does, but around a fake Electron, so that nothing is fetched; then looks at what was packed:
// the same files as were built, the fuses as set, and the shell's own tests passing on the content of the archive.
// Usage: node scripts/package-check.ts [--app FOLDER]    (FOLDER has package.json and dist; the checkout by default)

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const PACK_DEADLINE_MS = 180_000;
const TEST_DEADLINE_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** What marks the fuses in Electron's binary, then the version of their layout. */
const FUSE_SENTINEL = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const FUSE_COUNT = 9;
/** How a fuse stands in the binary: the digits 0 and 1. */
const OFF = 48;
const ON = 49;

const EXPECTED_FUSES: readonly (readonly [FuseV1Options, number])[] = [
  [FuseV1Options.RunAsNode, ON],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, OFF],
  [FuseV1Options.EnableNodeCliInspectArguments, OFF],
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, ON],
  [FuseV1Options.OnlyLoadAppFromAsar, ON],
  [FuseV1Options.EnableCookieEncryption, ON],
];

const run = promisify(execFile);

/** Packs the app in `appFolder` into `outFolder`; the packer's output when it fails. */
async function pack(appFolder: string, outFolder: string): Promise<string | undefined> {
  const electronDist = join(outFolder, "electron");
  writeFakeElectron(electronDist);
  const settings = {
    electronDist,
    "directories.output": join(outFolder, "release"),
    "directories.buildResources": join(PROJECT, "build"),
    "linux.icon": join(PROJECT, "build/icon.png"),
  };
  const overrides = Object.entries(settings).map(([name, value]) => `-c.${name}=${value}`);
  const builder = join(PROJECT, "node_modules/electron-builder/cli.js");
  const config = join(PROJECT, "electron-builder.yml");
  const parameters = ["--linux", "dir", "--projectDir", appFolder, "--config", config, ...overrides];
  try {
    await run(process.execPath, [builder, ...parameters], { timeout: PACK_DEADLINE_MS, maxBuffer: MAX_OUTPUT_BYTES });
    return undefined;
  } catch (error) {
    return outputOf(error);
  }
}

/** Just enough of Electron's folder for the packer: its binary, with fuses in it, and its resources. */
function writeFakeElectron(folder: string): void {
  mkdirSync(join(folder, "resources"), { recursive: true });
  mkdirSync(join(folder, "locales"), { recursive: true });
  const fuses = Buffer.concat([
    Buffer.from(FUSE_SENTINEL),
    Buffer.from([1, FUSE_COUNT]),
    Buffer.from("1".repeat(FUSE_COUNT)),
  ]);
  const binary = Buffer.concat([Buffer.from("#!/bin/false\n"), fuses, Buffer.from("\n")]);
  writeFileSync(join(folder, "electron"), binary, { mode: 0o755 });
  for (const name of ["LICENSE", "LICENSES.chromium.html", "version"]) writeFileSync(join(folder, name), "45.4.1\n");
}

/** Differences between what was built and what is in the archive: none, when all is well. */
function differences(appFolder: string, extracted: string): readonly string[] {
  const built = digests(join(appFolder, "dist"));
  const packed = digests(join(extracted, "dist"));
  const wanted = [...built].filter(([name]) => !name.endsWith(".map"));
  const missing = wanted
    .filter(([name, digest]) => packed.get(name) !== digest)
    .map(([name]) => `differs: dist/${name}`);
  const extra = [...packed.keys()].filter((name) => !built.has(name)).map((name) => `not built: dist/${name}`);
  const others = readdirSync(extracted).filter((name) => name !== "dist" && name !== "package.json");
  return [...missing, ...extra, ...others.map((name) => `does not belong: ${name}`)];
}

function digests(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(files.map((name) => [name.split(sep).join("/"), digest(join(folder, name))]));
}

function digest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

async function wrongFuses(binary: string): Promise<readonly string[]> {
  const wire = await getCurrentFuseWire(binary);
  return EXPECTED_FUSES.filter(([fuse, state]) => Number(wire[fuse]) !== state).map(
    ([fuse]) => `wrong fuse: ${FuseV1Options[fuse]}`,
  );
}

/** The shell's tests on the archive's content, as a packaged app; their output when they fail. */
async function testProblem(extracted: string): Promise<string | undefined> {
  // Also inside another test, which is how the runner would otherwise take it.
  const env = { ...process.env, APP_ROOT: extracted, ELECTRON_STANDIN_PACKAGED: "1", NODE_TEST_CONTEXT: undefined };
  const suite = join(PROJECT, "test/electron/shell.test.ts");
  try {
    await run(process.execPath, ["--test", suite], {
      cwd: PROJECT,
      env,
      timeout: TEST_DEADLINE_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return undefined;
  } catch (error) {
    return outputOf(error);
  }
}

function outputOf(error: unknown): string {
  return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
}

async function check(appFolder: string, workFolder: string): Promise<readonly string[]> {
  const release = join(workFolder, "release/linux-unpacked");
  const packProblem = await pack(appFolder, workFolder);
  if (packProblem !== undefined) return [`electron-builder failed:\n${packProblem}`];
  const extracted = join(workFolder, "extracted");
  extractAll(join(release, "resources/app.asar"), extracted);
  const problems = [...differences(appFolder, extracted), ...(await wrongFuses(join(release, "lanweave")))];
  if (problems.length > 0) return problems;
  const problem = await testProblem(extracted);
  return problem === undefined ? [] : [`the shell's tests fail on the packed app:\n${problem}`];
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { app: { type: "string" } } });
  const appFolder = values.app ?? PROJECT;
  const needed = ["package.json", "dist/electron/main.js", "dist/electron/host.js", "dist/renderer/index.html"];
  const missing = needed.filter((name) => !existsSync(join(appFolder, name)));
  if (missing.length > 0) {
    console.error(
      `Nothing to pack in ${relative(process.cwd(), appFolder) || "."}: ${missing.join(", ")} missing. Run npm run build first.`,
    );
    return 2;
  }
  const workFolder = mkdtempSync(join(tmpdir(), "lanweave-package-"));
  try {
    const problems = await check(appFolder, workFolder);
    for (const problem of problems) console.error(problem);
    console.log(
      problems.length === 0
        ? "The packed app is what was built, and passes the shell's tests."
        : "The packed app is not right.",
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
