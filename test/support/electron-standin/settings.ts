import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { field } from "./read.ts";

const USER_DATA_SWITCH = "--user-data-dir=";
const LOCALE_SWITCH = "--lang=";

/** The app under test: the folder of its `package.json`, given by who starts the stand-in. */
export const appRoot = process.env["ELECTRON_STANDIN_ROOT"] ?? process.cwd();

const manifest: unknown = JSON.parse(readFileSync(join(appRoot, "package.json"), "utf8"));

export const appName = String(field(manifest, "productName") ?? field(manifest, "name"));
export const appVersion = String(field(manifest, "version"));
/** The same switches as the real binary's. */
export const locale = switchValue(LOCALE_SWITCH) ?? "en-US";
export const userDataFolder = switchValue(USER_DATA_SWITCH) ?? join(homedir(), ".config", appName);

function switchValue(name: string): string | undefined {
  return process.argv.find((argument) => argument.startsWith(name))?.slice(name.length);
}
