import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

const ROOT = path.resolve(import.meta.dirname, "..");

/** Starts a `lanweave` command of this checkout. Lines of its stdout go to `line`. */
export function startLanweave(parameters: readonly string[], line: (text: string) => void): ChildProcess {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/lanweave.js"), ...parameters], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", line);
  return child;
}

/** The command's exit code once it and its output have ended. */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** Runs a `lanweave` command and gives what it printed; throws when it failed. */
export async function lanweave(...parameters: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const code = await exitCode(startLanweave(parameters, (text) => lines.push(text)));
  if (code !== 0) throw new Error(`lanweave ${parameters.join(" ")} ended with code ${String(code)}`);
  return lines.join("\n");
}
