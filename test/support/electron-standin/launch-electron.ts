import { _electron } from "playwright-core";
import type { LaunchOptions, LaunchedApp } from "./launch.ts";
import { appEnvironment } from "./launch.ts";

/** Starts the built app of `root` on a real Electron binary, behind the same face as the stand-in. */
export async function launchElectron(binary: string, options: LaunchOptions): Promise<LaunchedApp> {
  const { root, dataFolder, locale = "en-US" } = options;
  const app = await _electron.launch({
    executablePath: binary,
    args: [
      root,
      `--user-data-dir=${dataFolder}`,
      `--lang=${locale}`,
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
    env: definedOnly({ ...appEnvironment(options), LANGUAGE: locale }),
  });
  const child = app.process();
  const exited = new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once("exit", resolve);
  });
  return {
    evaluate: (run, argument) =>
      app.evaluate(runSource, { source: run.toString(), argument: JSON.stringify(argument) ?? "null" }),
    page: () => app.firstWindow(),
    quit: async () => {
      await app.evaluate((electron) => void setImmediate(() => electron.app.quit()));
      return exited;
    },
    exited,
    dispose: () => app.close(),
  };
}

/** Runs in the main process, and is sent there as text: it sees nothing of this file. */
function runSource(electron: unknown, sent: { readonly source: string; readonly argument: string }): unknown {
  const run: unknown = process.getBuiltinModule("node:vm").runInThisContext(`(${sent.source})`);
  if (typeof run !== "function") throw new TypeError("expected the text of a function");
  return run(electron, JSON.parse(sent.argument));
}

function definedOnly(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
