import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { app } from "electron";

/**
 * The folder with all that is kept: `LANWEAVE_DATA`, or the system's place for the app's data. Must run before the app is
 * ready and before the single-instance lock, which is one per folder. What Chromium keeps goes into a folder of its own.
 */
export function chooseDataFolder(): string {
  const chosen = process.env["LANWEAVE_DATA"];
  const folder = chosen === undefined || chosen === "" ? app.getPath("userData") : resolve(chosen);
  const chromium = join(folder, "chromium");
  // Its keys, certificates and journal are its owner's alone.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(chromium, { recursive: true, mode: 0o700 });
  app.setPath("userData", folder);
  app.setPath("sessionData", chromium);
  return folder;
}
