import { mkdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine, stopEngine } from "./engine.ts";
import { NotInStandin, StandinEmitter } from "./not-in-standin.ts";
import { note } from "./record.ts";
import { appName, appRoot, appVersion, locale, userDataFolder } from "./settings.ts";
import { SingleInstance } from "./single-instance.ts";
import { allUtilityProcesses } from "./utility-process.ts";

/** An event whose default a listener can prevent. */
export function preventable(): { defaultPrevented: boolean; preventDefault(): void } {
  return {
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}

/** What the app needs of a window when it quits. */
interface OpenWindow {
  close(): boolean;
}

class App extends StandinEmitter {
  readonly isPackaged = process.env["ELECTRON_STANDIN_PACKAGED"] === "1";
  readonly #paths = new Map<string, string>();
  readonly #windows = new Set<OpenWindow>();
  #instance: SingleInstance | undefined;
  #isReady = false;
  #isQuitting = false;
  #isClosingWindows = false;

  constructor() {
    super();
    // Electron is ready only after the main module was evaluated.
    setImmediate(() => {
      if (!this.#isQuitting) void this.#boot();
    });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => this.quit());
  }

  async #boot(): Promise<void> {
    await startEngine();
    this.#isReady = true;
    this.emit("ready", {}, {});
  }

  whenReady(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => this.once("ready", () => resolve()));
  }

  getName(): string {
    return appName;
  }

  getVersion(): string {
    return appVersion;
  }

  getAppPath(): string {
    return appRoot;
  }

  getLocale(): string {
    return this.#isReady ? locale : "";
  }

  getPath(name: string): string {
    const path = this.#paths.get(name) ?? this.#defaultPath(name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  setPath(name: string, path: string): void {
    if (this.#isReady) throw new Error("a path set after the app is ready has no effect on Chromium");
    this.#paths.set(name, path);
  }

  #defaultPath(name: string): string {
    if (name === "userData" || name === "sessionData") return userDataFolder;
    if (name === "home") return homedir();
    if (name === "temp") return tmpdir();
    if (name === "logs") return join(userDataFolder, "logs");
    throw new NotInStandin(`app.getPath("${name}")`);
  }

  enableSandbox(): void {
    note("app.enableSandbox");
  }

  requestSingleInstanceLock(): boolean {
    note("app.requestSingleInstanceLock");
    this.#instance = new SingleInstance(this.getPath("userData"));
    return this.#instance.take(() => this.emit("second-instance", {}, [], "", undefined));
  }

  getAppMetrics(): readonly unknown[] {
    return allUtilityProcesses().map((child) => ({ type: "Utility", pid: child.pid, name: child.serviceName }));
  }

  quit(): void {
    if (this.#isQuitting || this.#isClosingWindows) return;
    const before = preventable();
    this.emit("before-quit", before);
    if (before.defaultPrevented || !this.#closeWindows()) return;
    const will = preventable();
    this.emit("will-quit", will);
    if (will.defaultPrevented) return;
    this.exit(0);
  }

  exit(code = 0): void {
    if (this.#isQuitting) return;
    this.#isQuitting = true;
    this.emit("quit", {}, code);
    void Promise.all([stopEngine(), this.#instance?.release()]).finally(() => process.exit(code));
  }

  windowOpened(window: OpenWindow): void {
    this.#windows.add(window);
    this.emit("browser-window-created", {}, window);
  }

  windowClosed(window: OpenWindow): void {
    this.#windows.delete(window);
    if (this.#isQuitting || this.#isClosingWindows || this.#windows.size > 0) return;
    if (this.listenerCount("window-all-closed") > 0) this.emit("window-all-closed");
    else this.quit();
  }

  #closeWindows(): boolean {
    this.#isClosingWindows = true;
    try {
      return [...this.#windows].every((window) => window.close());
    } finally {
      this.#isClosingWindows = false;
    }
  }
}

export const app = new App();
