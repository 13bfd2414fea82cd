import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { ipcMain } from "./ipc-main.ts";
import { app, preventable } from "./app.ts";
import type { PageSession } from "./cdp.ts";
import { decode, encode } from "./codec.ts";
import { startEngine } from "./engine.ts";
import { StandinEmitter } from "./not-in-standin.ts";
import { toAppUrl, toChromiumUrl } from "./protocol.ts";
import { field, listField, numberField, textField } from "./read.ts";
import { note } from "./record.ts";
import { session } from "./session.ts";
import { pageWorldSource, preloadWorldSource } from "./world-source.ts";

const PRELOAD_WORLD = "electron-standin-preload";
const IPC_BINDING = "__electronStandinIpc";
const OPEN_BINDING = "__electronStandinOpen";
const DELIVER = "__electronStandinDeliver";

type OpenHandler = (details: { readonly url: string }) => { readonly action: string };

let lastId = 0;

/** A page of Chromium with a preload script in a world of its own, and messages to and from that world. */
export class WebContents extends StandinEmitter {
  readonly id = ++lastId;
  readonly session = session.defaultSession;
  readonly preferences: object;
  readonly #page: Promise<PageSession>;
  /** The preload world of the document that is shown, as Chromium numbers it. */
  #world: number | undefined;
  #url = "";
  #isDestroyed = false;
  #openHandler: OpenHandler = () => ({ action: "allow" });
  /** Addresses this process itself asked for: these are no navigations of the page. */
  readonly #ownLoads = new Set<string>();

  constructor(preferences: object, width: number, height: number) {
    super();
    this.preferences = preferences;
    this.#page = this.#attach(width, height);
    app.emit("web-contents-created", {}, this);
  }

  get mainFrame(): object {
    return { url: this.#url, parent: null };
  }

  getURL(): string {
    return this.#url;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#page;
    const target = toChromiumUrl(url);
    await this.session.applyPermissions(page, this, url, new URL(target).origin);
    this.#ownLoads.add(target);
    const loaded = new Promise<void>((resolve) => this.once("did-finish-load", () => resolve()));
    const problem = field(await page.send("Page.navigate", { url: target }), "errorText");
    if (problem !== undefined) throw new Error(`${String(problem)} loading ${url}`);
    await loaded;
  }

  reload(): void {
    this.#ownLoads.add(toChromiumUrl(this.#url));
    this.#send("Page.reload");
  }

  /** To the preload world of the document that is shown. Between two documents it is lost, as it is in Electron. */
  send(channel: string, ...parameters: readonly unknown[]): void {
    if (this.#isDestroyed) throw new TypeError("Object has been destroyed");
    if (this.#world === undefined) return note("lost-message", channel);
    const expression = `${DELIVER}(${JSON.stringify(encode({ channel, parameters }))})`;
    this.#send("Runtime.evaluate", { expression, contextId: this.#world });
  }

  /** Called by the window. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#send("Page.close");
    this.emit("destroyed");
  }

  async #attach(width: number, height: number): Promise<PageSession> {
    const { browser } = await startEngine();
    const page = await browser.newPage(width, height);
    this.#listen(page);
    await page.send("Page.enable");
    await page.send("Runtime.enable");
    await page.send("Inspector.enable");
    await this.#installWorlds(page);
    await page.send("Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document" }] });
    return page;
  }

  async #installWorlds(page: PageSession): Promise<void> {
    const secret = randomUUID();
    await page.send("Runtime.addBinding", { name: OPEN_BINDING });
    const pageWorld = pageWorldSource(secret, OPEN_BINDING);
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: pageWorld });
    const preload = field(this.preferences, "preload");
    if (typeof preload !== "string") return;
    await page.send("Runtime.addBinding", { name: IPC_BINDING, executionContextName: PRELOAD_WORLD });
    const world = { secret, binding: IPC_BINDING, deliver: DELIVER, platform: process.platform };
    const source = preloadWorldSource(world, readFileSync(preload, "utf8"));
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source, worldName: PRELOAD_WORLD });
  }

  #listen(page: PageSession): void {
    page.on("Runtime.executionContextCreated", (event) => this.#contextCreated(page, event));
    page.on("Runtime.executionContextsCleared", () => (this.#world = undefined));
    page.on("Runtime.bindingCalled", (event) => this.#bindingCalled(event));
    page.on("Runtime.exceptionThrown", (event) => note("page-error", field(event, "exceptionDetails")));
    page.on("Fetch.requestPaused", (event) => this.#navigationAsked(page, event));
    page.on("Page.frameNavigated", (event) => this.#navigated(event));
    page.on("Page.loadEventFired", () => {
      if (this.#url !== "" && this.#url !== "about:blank") this.emit("did-finish-load", {});
    });
    page.on("Inspector.targetCrashed", () => this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 1 }));
  }

  #contextCreated(page: PageSession, event: unknown): void {
    const isMainFrame = field(event, "context", "auxData", "frameId") === page.targetId;
    if (isMainFrame && field(event, "context", "name") === PRELOAD_WORLD)
      this.#world = numberField(event, "context", "id");
  }

  #bindingCalled(event: unknown): void {
    const payload = textField(event, "payload");
    if (field(event, "name") === OPEN_BINDING) {
      const url = toAppUrl(payload);
      return note("window-open", url, this.#openHandler({ url }).action);
    }
    if (field(event, "executionContextId") !== this.#world) return;
    const message = decode(payload);
    const ipcEvent = { sender: this, senderFrame: this.mainFrame };
    ipcMain.emit(textField(message, "channel"), ipcEvent, ...listField(message, "parameters"));
  }

  #navigated(event: unknown): void {
    if (field(event, "frame", "parentId") !== undefined) return;
    this.#url = toAppUrl(textField(event, "frame", "url"));
    this.emit("did-navigate", {}, this.#url);
  }

  #navigationAsked(page: PageSession, event: unknown): void {
    const chromiumUrl = textField(event, "request", "url");
    const url = toAppUrl(chromiumUrl);
    const isMainFrame = field(event, "frameId") === page.targetId;
    const requestId = textField(event, "requestId");
    const details = { ...preventable(), url, isMainFrame };
    const isOwn = isMainFrame && this.#ownLoads.delete(chromiumUrl);
    if (!isOwn) this.emit("will-frame-navigate", details);
    if (!isOwn && isMainFrame && !details.defaultPrevented) this.emit("will-navigate", details, url);
    if (details.defaultPrevented) this.#send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
    else this.#send("Fetch.continueRequest", { requestId });
  }

  #send(method: string, parameters: object = {}): void {
    this.#page
      .then((page) => page.send(method, parameters))
      .catch((error: unknown) => note("chromium-refused", method, String(error)));
  }
}
