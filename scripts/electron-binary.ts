import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// `require("electron")` from Node would start a download when the binary is missing: so the file is looked for instead.

const PACKAGE = fileURLToPath(new URL("../node_modules/electron", import.meta.url));
const FETCH_DEADLINE_MS = 180_000;
const MAX_REASON_LENGTH = 300;

export type FetchedBinary =
  | { readonly ok: true; readonly binary: string }
  /** One line: why there is no binary. */
  | { readonly ok: false; readonly reason: string };

/** The Electron binary of this checkout (or of `ELECTRON_OVERRIDE_DIST_PATH`), undefined when it was never fetched. */
export function findElectronBinary(): string | undefined {
  const folder = process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(PACKAGE, "dist");
  const binary = join(folder, binaryName(process.platform));
  return existsSync(binary) ? binary : undefined;
}

/** Whether a window could be seen: always on Windows and macOS; elsewhere where an X or Wayland server is named. */
export function hasDisplay(): boolean {
  if (process.platform === "win32" || process.platform === "darwin") return true;
  return isSet("DISPLAY") || isSet("WAYLAND_DISPLAY");
}

/** Lets Electron's own installer fetch the binary, with its checksums. Remembers nothing: the next call tries again. */
export async function fetchElectronBinaryOnce(deadlineMs: number = FETCH_DEADLINE_MS): Promise<FetchedBinary> {
  const present = findElectronBinary();
  if (present !== undefined) return { ok: true, binary: present };
  const installer = join(PACKAGE, "install.js");
  if (!existsSync(installer)) return { ok: false, reason: "the npm package electron is not installed (run npm ci)" };
  const problem = await runInstaller(installer, deadlineMs);
  const binary = findElectronBinary();
  if (problem === undefined && binary !== undefined) return { ok: true, binary };
  return { ok: false, reason: problem ?? "Electron's installer ended without leaving its binary" };
}

function runInstaller(installer: string, deadlineMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const child = spawn(process.execPath, [installer], { cwd: dirname(installer), stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  let isLate = false;
  child.stderr.on("data", (chunk: Buffer) => {
    if (errors.length < 10_000) errors += chunk.toString();
  });
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, deadlineMs);
  child.once("error", (error) => resolve(`Electron's installer could not start: ${error.message}`));
  child.once("close", (code) => {
    clearTimeout(timer);
    if (isLate) resolve(`Electron's binary was not there after ${deadlineMs / 1000} s`);
    else resolve(code === 0 ? undefined : `Electron's binary could not be fetched: ${firstLine(errors)}`);
  });
  return promise;
}

function binaryName(platform: string): string {
  if (platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return platform === "win32" ? "electron.exe" : "electron";
}

function firstLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "");
  // Of a stack the message is enough, and the class of the error says nothing to a person.
  return (line ?? "no reason given")
    .trim()
    .replace(/^\w*Error: /, "")
    .slice(0, MAX_REASON_LENGTH);
}

function isSet(name: string): boolean {
  return (process.env[name] ?? "") !== "";
}
