import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const START_DEADLINE_MS = 20_000;
const POLL_MS = 25;
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The Chromium the tests may use: `CHROMIUM`, or the first usual name on the PATH. */
export function findChromium(): string | undefined {
  const chosen = process.env["CHROMIUM"];
  if (chosen !== undefined && chosen !== "") return isExecutable(chosen) ? chosen : undefined;
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

export interface RunningChromium {
  readonly child: ChildProcess;
  readonly profile: string;
  readonly port: number;
  readonly socketUrl: string;
}

/** Starts a Chromium without a window, for which every `*.localhost` name is the stand-in's own server. */
export async function startChromium(httpPort: number): Promise<RunningChromium> {
  const binary = findChromium();
  if (binary === undefined) throw new Error("no Chromium found: install chromium, or name one in CHROMIUM");
  const profile = mkdtempSync(join(tmpdir(), "lanweave-standin-"));
  const child = spawn(binary, [...switches(httpPort), `--user-data-dir=${profile}`], { stdio: "ignore" });
  const announcement = join(profile, "DevToolsActivePort");
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!existsSync(announcement) || !readFileSync(announcement, "utf8").includes("\n")) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await endChromium({ child, profile });
      throw new Error(`Chromium did not start (exit code ${child.exitCode ?? "none"}): ${binary}`);
    }
    await wait(POLL_MS);
  }
  const [port = "", path = ""] = readFileSync(announcement, "utf8").trim().split("\n");
  return { child, profile, port: Number(port), socketUrl: `ws://127.0.0.1:${port}${path}` };
}

/** Ends it at once; its children follow by themselves. The profile goes too, when nothing writes to it any more. */
export async function endChromium({ child, profile }: Pick<RunningChromium, "child" | "profile">): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

function switches(httpPort: number): readonly string[] {
  return [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-startup-window",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--mute-audio",
    `--host-resolver-rules=MAP *.localhost 127.0.0.1:${httpPort}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    "--remote-debugging-port=0",
  ];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
