import { join } from "node:path";
import { BrowserWindow, app, nativeTheme, screen } from "electron";
import { APP_URL } from "./asset.ts";
import { RestartPolicy } from "./restart-policy.ts";
import type { ShellLog } from "./shell-log.ts";
import { MIN_SIZE, readWindowState, restoredState, writeWindowState } from "./window-state.ts";

export interface WindowOptions {
  /** The folder of the built shell: preload and icon are in it. */
  readonly shellFolder: string;
  readonly stateFile: string;
  readonly log: ShellLog;
}

/** Opens the window; its page is loading when this returns. */
export function createWindow(options: WindowOptions): BrowserWindow {
  const screens = screen.getAllDisplays().map((display) => display.workArea);
  const state = restoredState(readWindowState(options.stateFile), screens);
  const window = new BrowserWindow({
    ...state.bounds,
    minWidth: MIN_SIZE.width,
    minHeight: MIN_SIZE.height,
    title: app.getName(),
    icon: join(options.shellFolder, "icon.png"),
    show: false,
    // The page's own ground, so that nothing flashes before its styles arrive.
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#14161a" : "#f7f8fa",
    webPreferences: {
      preload: join(options.shellFolder, "preload.cjs"),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      // Its dictionaries are fetched from the internet.
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  if (state.isMaximized) window.maximize();
  window.once("ready-to-show", () => window.show());
  window.on("close", () => rememberWindow(window, options));
  reloadAfterCrash(window, options.log);
  window.loadURL(APP_URL).catch((error: unknown) => {
    options.log.error("the window's page did not load", { problem: String(error) });
  });
  return window;
}

/** Brings it to the front, whatever it was: hidden, minimised or behind others. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

export function rememberWindow(window: BrowserWindow, options: WindowOptions): void {
  try {
    writeWindowState(options.stateFile, { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() });
  } catch (error) {
    // A full disk must not keep a window open.
    options.log.warn("the window's place could not be written", { problem: String(error) });
  }
}

function reloadAfterCrash(window: BrowserWindow, log: ShellLog): void {
  const policy = new RestartPolicy();
  window.webContents.on("render-process-gone", (_event, details) => {
    log.error("the window's page ended", { reason: details.reason, exitCode: details.exitCode });
    const decision = policy.crashed(performance.now());
    if (decision.kind === "give-up") return;
    setTimeout(() => {
      if (!window.isDestroyed()) window.webContents.reload();
    }, decision.delayMs);
  });
}
