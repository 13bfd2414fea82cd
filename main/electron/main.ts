import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { app } from "electron";
import { chooseDataFolder } from "./data-folder.ts";
import { registerPageScheme } from "./page-protocol.ts";
import { ShellLog } from "./shell-log.ts";
import { Shell } from "./shell.ts";
import { guardEveryPage } from "./window-guard.ts";

// Everything before `whenReady` is what Electron wants decided early. No top-level await on `whenReady`: Electron is not
// ready before this module has been evaluated.

const shellFolder = fileURLToPath(new URL(".", import.meta.url));
const pageFolder = join(shellFolder, "..", "renderer");

app.enableSandbox();
registerPageScheme();
const dataFolder = chooseDataFolder();

if (app.requestSingleInstanceLock()) {
  run();
} else {
  // The other instance has been told and comes to the front.
  app.quit();
}

function run(): void {
  const log = new ShellLog(join(dataFolder, "logs", "desktop.log"));
  guardEveryPage(log);
  app
    .whenReady()
    .then(() => {
      const shell = new Shell({ shellFolder, pageFolder, dataFolder, log });
      app.on("second-instance", () => shell.show());
      shell.start();
    })
    .catch((error: unknown) => {
      log.error("the app could not start", {
        problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      app.exit(1);
    });
}
