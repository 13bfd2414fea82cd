import { EventEmitter, once } from "node:events";
import type { RunningChromium } from "./chromium.ts";
import { endChromium, startChromium } from "./chromium.ts";
import { field, textField } from "./read.ts";

const CLOSE_DEADLINE_MS = 3_000;

interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One page's end of the DevTools protocol; its events are emitted under their names. */
export class PageSession extends EventEmitter {
  readonly targetId: string;
  readonly #browser: Browser;
  readonly #sessionId: string;

  constructor(browser: Browser, targetId: string, sessionId: string) {
    super();
    this.targetId = targetId;
    this.#browser = browser;
    this.#sessionId = sessionId;
  }

  send(method: string, parameters: object = {}): Promise<unknown> {
    return this.#browser.send(method, parameters, this.#sessionId);
  }
}

/** A running Chromium, over the DevTools protocol. */
export class Browser {
  readonly chromium: RunningChromium;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #sessions = new Map<string, PageSession>();
  #lastId = 0;

  static async launch(httpPort: number): Promise<Browser> {
    const chromium = await startChromium(httpPort);
    const socket = new WebSocket(chromium.socketUrl);
    await once(socket, "open");
    return new Browser(chromium, socket);
  }

  constructor(chromium: RunningChromium, socket: WebSocket) {
    this.chromium = chromium;
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#receive(String(event.data)));
    socket.addEventListener("close", () => this.#rejectAll());
  }

  send(method: string, parameters: object = {}, sessionId?: string): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    this.#pending.set(id, { method, resolve, reject });
    this.#socket.send(JSON.stringify({ id, method, params: parameters, sessionId }));
    return promise;
  }

  async newPage(width: number, height: number): Promise<PageSession> {
    const target = await this.send("Target.createTarget", { url: "about:blank", width, height, newWindow: true });
    const targetId = textField(target, "targetId");
    const attached = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const sessionId = textField(attached, "sessionId");
    const session = new PageSession(this, targetId, sessionId);
    this.#sessions.set(sessionId, session);
    return session;
  }

  async close(): Promise<void> {
    const { child } = this.chromium;
    if (child.exitCode === null) {
      const exited = once(child, "exit", { signal: AbortSignal.timeout(CLOSE_DEADLINE_MS) });
      this.send("Browser.close").catch(() => {
        // It may end before it answers.
      });
      await exited.catch(() => {
        // Too late: it is ended below.
      });
    }
    await endChromium(this.chromium);
  }

  #receive(text: string): void {
    const message: unknown = JSON.parse(text);
    const id = field(message, "id");
    if (typeof id !== "number") {
      const session = this.#sessions.get(String(field(message, "sessionId")));
      session?.emit(textField(message, "method"), field(message, "params"));
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    const problem = field(message, "error", "message");
    if (problem === undefined) pending?.resolve(field(message, "result"));
    else pending?.reject(new Error(`${pending.method}: ${String(problem)}`));
  }

  #rejectAll(): void {
    for (const { method, reject } of this.#pending.values()) reject(new Error(`${method}: Chromium is gone`));
    this.#pending.clear();
  }
}
