import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { CommandError, EXIT } from "./command-error.ts";
import { productFolder } from "../host/product.ts";

export function addApp(program: Command, invocation: Invocation): void {
  withCommon(program.command("app").description("open the desktop window")).action((options: CommonOptions) =>
    invocation.run(options, openApp),
  );
}

async function openApp({ dataDir, output }: CommandContext): Promise<ExitCode> {
  const product = productFolder();
  const binary = findElectron(product);
  if (binary === null) {
    const text = "the desktop window needs Electron's program, which is not on this machine";
    throw new CommandError(
      "nobody",
      `${text}: install the desktop app, or run "npm start" in a checkout; "lanweave serve" shows the same in a browser`,
    );
  }
  const entry = join(product, "dist", "electron", "main.js");
  if (!existsSync(entry)) throw new CommandError("nobody", `${entry} is not there: run "npm run build" first`);
  const child = spawn(binary, [product], { stdio: "inherit", env: { ...process.env, LANWEAVE_DATA: dataDir } });
  const { promise, resolve, reject } = Promise.withResolvers<ExitCode>();
  child.once("error", (error) =>
    reject(new CommandError("nobody", `${binary} could not be started: ${error.message}`, { cause: error })),
  );
  child.once("exit", (code, signal) => {
    if (code === 0) return resolve(EXIT.done);
    output.note(`lanweave: the desktop window ended with ${signal ?? `exit code ${code ?? "unknown"}`}`);
    resolve(EXIT.failed);
  });
  return promise;
}

/** The file itself is looked for: loading the package `electron` without its program would start a download. */
function findElectron(product: string): string | null {
  const names: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
    darwin: "Electron.app/Contents/MacOS/Electron",
    win32: "electron.exe",
  };
  const name = names[process.platform] ?? "electron";
  const folder = process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(product, "node_modules", "electron", "dist");
  const binary = join(folder, name);
  return existsSync(binary) ? binary : null;
}
