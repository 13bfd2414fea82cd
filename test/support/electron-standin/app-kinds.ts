import { findElectronBinary, hasDisplay } from "../../../scripts/electron-binary.ts";
import { findChromium } from "./chromium.ts";
import { launchElectron } from "./launch-electron.ts";
import type { LaunchOptions, LaunchedApp } from "./launch.ts";
import { launchStandin } from "./launch.ts";

/** One of the two things the desktop app can run on in a test. */
export interface AppKind {
  readonly name: "the stand-in" | "a real Electron binary";
  /** Why it cannot run here; false where it can. Goes into a test's `skip` as it is. */
  readonly skip: string | false;
  launch(options: LaunchOptions): Promise<LaunchedApp>;
}

/** Both, each with the reason why it cannot run on this machine. */
export function appKinds(): readonly AppKind[] {
  return [standin(), electron()];
}

function standin(): AppKind {
  const skip = findChromium() === undefined ? "no Chromium: install chromium or name one in CHROMIUM" : false;
  return { name: "the stand-in", skip, launch: (options) => Promise.resolve(launchStandin(options)) };
}

function electron(): AppKind {
  const binary = findElectronBinary();
  const name = "a real Electron binary";
  if (binary === undefined) {
    const skip = "Electron's binary is not installed: npx install-electron";
    return { name, skip, launch: () => Promise.reject(new Error(skip)) };
  }
  const skip = hasDisplay() ? false : "no display: Electron needs DISPLAY or WAYLAND_DISPLAY";
  return { name, skip, launch: (options) => launchElectron(binary, options) };
}
