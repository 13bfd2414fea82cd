import { randomUUID } from "node:crypto";
import { isFrameWithinLimit } from "#core/ipc/frame-limit.ts";
import type { HostRequest } from "#core/ipc/host-link.ts";
import { FRAME_CHANNEL, OPEN_CHANNEL, TAKEN_CHANNEL } from "./channel.ts";
import type { ShellLog } from "./shell-log.ts";
import type { PageMessageEvent } from "./trusted-sender.ts";
import { senderProblem } from "./trusted-sender.ts";

/** What may be on its way to one page, in UTF-16 units. A page that is further behind loads again and asks anew. */
const MAX_UNTAKEN_LENGTH = 32 * 1024 * 1024;

/** What the relay needs of Electron's `WebContents`. */
export interface RelayedPage {
  isDestroyed(): boolean;
  send(channel: string, frame: string): void;
  reload(): void;
  on(event: "render-process-gone", listener: () => void): unknown;
  once(event: "destroyed", listener: () => void): unknown;
}

/** What it needs of `ipcMain`. */
export interface PageMessages {
  on(channel: string, listener: (event: PageMessageEvent<RelayedPage>, value: unknown) => void): unknown;
}

interface OpenSession {
  readonly name: string;
  untakenLength: number;
}

/**
 * Carries frames between windows and the coordinator, without reading them. A relay, where Electron could also hand the
 * page's end of a `MessagePort` to the coordinator: so every message passes one sender check, and the very same path runs
 * in the tests that have no Electron binary.
 */
export class FrameRelay {
  readonly #post: (request: HostRequest) => boolean;
  readonly #log: ShellLog;
  readonly #sessions = new Map<RelayedPage, OpenSession>();
  readonly #known = new WeakSet<RelayedPage>();
  /** Windows whose session died with the coordinator: they load again when there is a new one. */
  #orphans = new Set<RelayedPage>();
  #isShut = false;

  constructor(messages: PageMessages, post: (request: HostRequest) => boolean, log: ShellLog) {
    this.#post = post;
    this.#log = log;
    messages.on(OPEN_CHANNEL, (event) => this.#open(event));
    messages.on(FRAME_CHANNEL, (event, frame) => this.#forward(event, frame));
    messages.on(TAKEN_CHANNEL, (event, length) => this.#taken(event, length));
  }

  /** Only windows of ours have sessions. */
  admit(contents: RelayedPage): void {
    this.#known.add(contents);
    contents.on("render-process-gone", () => this.#close(contents));
    contents.once("destroyed", () => {
      this.#close(contents);
      this.#orphans.delete(contents);
    });
  }

  deliver(name: string, frame: string): void {
    for (const [contents, session] of this.#sessions) {
      if (session.name === name && !contents.isDestroyed()) this.#send(contents, session, frame);
    }
  }

  hostLost(): void {
    for (const contents of this.#sessions.keys()) this.#orphans.add(contents);
    this.#sessions.clear();
  }

  hostReady(): void {
    const orphans = this.#orphans;
    this.#orphans = new Set();
    for (const contents of orphans) if (!contents.isDestroyed()) contents.reload();
  }

  /** From here on nothing passes, in either direction. */
  shut(): void {
    this.#isShut = true;
    this.#sessions.clear();
    this.#orphans.clear();
  }

  #open(event: PageMessageEvent<RelayedPage>): void {
    if (this.#isRefused(event)) return;
    // A window that loads again says so before anything else: what it had is over.
    this.#close(event.sender);
    this.#orphans.delete(event.sender);
    const session = { name: randomUUID(), untakenLength: 0 };
    this.#sessions.set(event.sender, session);
    if (!this.#post({ kind: "open", session: session.name })) this.#drop(event.sender);
  }

  #send(contents: RelayedPage, session: OpenSession, frame: string): void {
    session.untakenLength += frame.length;
    if (session.untakenLength <= MAX_UNTAKEN_LENGTH) return contents.send(FRAME_CHANNEL, frame);
    this.#log.warn("a page does not take what it is sent and loads again", { untakenLength: session.untakenLength });
    this.#close(contents);
    contents.reload();
  }

  #taken(event: PageMessageEvent<RelayedPage>, length: unknown): void {
    if (this.#isRefused(event)) return;
    const session = this.#sessions.get(event.sender);
    if (session === undefined || typeof length !== "number" || !(length >= 0)) return;
    session.untakenLength = Math.max(0, session.untakenLength - length);
  }

  #forward(event: PageMessageEvent<RelayedPage>, frame: unknown): void {
    if (this.#isRefused(event)) return;
    const session = this.#sessions.get(event.sender);
    // The coordinator is gone, or just back: this page loads again in a moment and asks anew.
    if (session === undefined) return;
    if (typeof frame !== "string" || !isFrameWithinLimit(frame)) {
      return this.#log.warn("refused a frame: expected a string within the limit", { type: typeof frame });
    }
    if (!this.#post({ kind: "frame", session: session.name, frame })) this.#drop(event.sender);
  }

  #isRefused(event: PageMessageEvent<RelayedPage>): boolean {
    if (this.#isShut) return true;
    const problem = this.#known.has(event.sender) ? senderProblem(event) : "its window is not ours";
    if (problem === undefined) return false;
    this.#log.warn("refused a message of a page", { problem });
    return true;
  }

  #close(contents: RelayedPage): void {
    const session = this.#sessions.get(contents);
    if (session === undefined) return;
    this.#sessions.delete(contents);
    this.#post({ kind: "close", session: session.name });
  }

  /** Part of what this page said is lost, so all of it is: it loads again when there is a coordinator. */
  #drop(contents: RelayedPage): void {
    this.#log.warn("the coordinator takes nothing more now: the window loads again when it does");
    this.#close(contents);
    this.#orphans.add(contents);
  }
}
