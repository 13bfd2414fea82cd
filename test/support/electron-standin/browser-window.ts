import { app, preventable } from "./app.ts";
import { StandinEmitter } from "./not-in-standin.ts";
import { WebContents } from "./web-contents.ts";

export interface WindowOptions {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly show?: boolean;
  readonly webPreferences?: object;
}

interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const SUPPORTED = { contextIsolation: true, nodeIntegration: false, sandbox: true };

let lastId = 0;

const windows = new Set<BrowserWindow>();

/** The frame around a page. It has no screen: it remembers what it was told, and says it back. */
export class BrowserWindow extends StandinEmitter {
  readonly id = ++lastId;
  readonly webContents: WebContents;
  readonly options: WindowOptions;
  #bounds: Bounds;
  #isVisible: boolean;
  #isDestroyed = false;
  #isMaximized = false;
  #isMinimized = false;

  static getAllWindows(): readonly BrowserWindow[] {
    return [...windows];
  }

  constructor(options: WindowOptions = {}) {
    super();
    const preferences: object = { ...SUPPORTED, ...options.webPreferences };
    for (const [name, value] of Object.entries(SUPPORTED)) {
      if (Reflect.get(preferences, name) !== value)
        throw new Error(`the Electron stand-in supports only ${name}: ${value}`);
    }
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#isVisible = options.show !== false;
    this.webContents = new WebContents(preferences, width, height);
    this.webContents.once("did-finish-load", () => this.emit("ready-to-show"));
    windows.add(this);
    app.windowOpened(this);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  /** Whether it closed: a listener can prevent it. */
  close(): boolean {
    const event = preventable();
    this.emit("close", event);
    if (!event.defaultPrevented) this.destroy();
    return !event.defaultPrevented;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    windows.delete(this);
    this.webContents.destroy();
    this.emit("closed");
    app.windowClosed(this);
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  show(): void {
    this.#isVisible = true;
    this.emit("show");
  }

  hide(): void {
    this.#isVisible = false;
    this.emit("hide");
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  focus(): void {
    this.emit("focus");
  }

  minimize(): void {
    this.#isMinimized = true;
  }

  restore(): void {
    this.#isMinimized = false;
  }

  isMinimized(): boolean {
    return this.#isMinimized;
  }

  maximize(): void {
    this.#isMaximized = true;
  }

  isMaximized(): boolean {
    return this.#isMaximized;
  }

  setBounds(bounds: Partial<Bounds>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
  }

  getNormalBounds(): Bounds {
    return this.#bounds;
  }
}
