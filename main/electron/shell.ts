import { join } from "node:path";
import type { BrowserWindow } from "electron";
import { app, ipcMain, session } from "electron";
import { FrameRelay } from "./frame-relay.ts";
import { askAboutEndedHost } from "./host-ended-dialog.ts";
import type { HostEnd } from "./host-process.ts";
import { HostProcess } from "./host-process.ts";
import { setApplicationMenu } from "./menu.ts";
import { servePage } from "./page-protocol.ts";
import { QuitSequence } from "./quit-sequence.ts";
import type { ShellLog } from "./shell-log.ts";
import type { DesktopText } from "./text/catalogue.ts";
import { desktopText } from "./text/desktop-text.ts";
import type { StatusTray } from "./tray.ts";
import { createTray } from "./tray.ts";
import type { WindowOptions } from "./window.ts";
import { createWindow, rememberWindow, showWindow } from "./window.ts";
import { denyPermissions } from "./window-guard.ts";

/** How long the coordinator may take to finish; what follows the deadline is its end by force. */
const HOST_QUIT_MS = 10_000;
/** The phase around it: the deadline, and the moment a killed process needs to be gone. */
const HOST_PHASE_MS = HOST_QUIT_MS + 3_000;
const SHORT_PHASE_MS = 1_000;

export interface ShellOptions {
  /** The folder of the built shell: `main.js`, `preload.cjs`, `host.js`, icons. */
  readonly shellFolder: string;
  readonly pageFolder: string;
  readonly dataFolder: string;
  readonly log: ShellLog;
}

/** The desktop app from the moment Electron is ready: one window, one coordinator, and what ties them. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #text: DesktopText;
  readonly #windowOptions: WindowOptions;
  readonly #host: HostProcess;
  readonly #relay: FrameRelay;
  readonly #tray: StatusTray;
  readonly #quitting: QuitSequence;
  #window: BrowserWindow | undefined;

  constructor(options: ShellOptions) {
    const { shellFolder, dataFolder, log } = options;
    this.#options = options;
    this.#text = desktopText(app.getLocale());
    this.#windowOptions = { shellFolder, stateFile: join(dataFolder, "window.json"), log };
    this.#host = new HostProcess(join(shellFolder, "host.js"), dataFolder, log, {
      ready: () => this.#hostReady(),
      frame: (name, frame) => this.#relay.deliver(name, frame),
      lost: () => this.#hostLost(),
      ended: (end) => void this.#hostEnded(end),
    });
    this.#relay = new FrameRelay(ipcMain, (request) => this.#host.post(request), log);
    this.#tray = createTray(
      join(shellFolder, "tray.png"),
      this.#text.tray,
      () => this.show(),
      () => app.quit(),
    );
    this.#quitting = new QuitSequence(this.#quitPhases(), log);
  }

  start(): void {
    const { pageFolder, dataFolder, log } = this.#options;
    denyPermissions(session.defaultSession);
    servePage(pageFolder);
    setApplicationMenu({ text: this.#text.menu, platform: process.platform, dataFolder, logFile: log.file });
    app.on("before-quit", (event) => {
      if (this.#quitting.isFinished) return;
      event.preventDefault();
      void this.#quitting.run().then(() => app.quit());
    });
    app.on("window-all-closed", () => {
      if (process.platform !== "darwin") app.quit();
    });
    app.on("activate", () => this.show());
    this.#host.start();
    this.show();
  }

  /** Brings the window to the front; opens it where there is none. */
  show(): void {
    if (this.#window !== undefined) return showWindow(this.#window);
    const window = createWindow(this.#windowOptions);
    this.#relay.admit(window.webContents);
    window.once("closed", () => (this.#window = undefined));
    this.#window = window;
  }

  #hostReady(): void {
    this.#tray.show("ready");
    this.#relay.hostReady();
  }

  #hostLost(): void {
    this.#tray.show("starting");
    this.#relay.hostLost();
  }

  async #hostEnded(end: HostEnd): Promise<void> {
    const { log } = this.#options;
    log.error("the coordinator is not started again", { end });
    this.#tray.show("stopped");
    const choice = await askAboutEndedHost(this.#window, end, this.#text.hostEnded, log.file);
    if (choice !== "try-again") return app.quit();
    this.#tray.show("starting");
    this.#host.start();
  }

  #quitPhases(): ConstructorParameters<typeof QuitSequence>[0] {
    return [
      {
        name: "close the window's session",
        deadlineMs: SHORT_PHASE_MS,
        run: () => {
          this.#relay.shut();
          if (this.#window === undefined) return;
          rememberWindow(this.#window, this.#windowOptions);
          this.#window.hide();
        },
      },
      { name: "end the coordinator", deadlineMs: HOST_PHASE_MS, run: () => this.#host.quit(HOST_QUIT_MS) },
      { name: "remove the tray icon", deadlineMs: SHORT_PHASE_MS, run: () => this.#tray.remove() },
    ];
  }
}
