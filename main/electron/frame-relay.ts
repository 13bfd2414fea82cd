import { randomUUID } from "node:crypto";
import type { IpcMainEvent, WebContents } from "electron";
import { ipcMain } from "electron";
import { isFrameWithinLimit } from "#core/ipc/frame-limit.ts";
import type { HostRequest } from "#core/ipc/host-link.ts";
import { FRAME_CHANNEL, OPEN_CHANNEL } from "./channel.ts";
import type { ShellLog } from "./shell-log.ts";
import { senderProblem } from "./trusted-sender.ts";

/**
 * Carries frames between windows and the coordinator, without reading them. A relay, where Electron could also hand the
 * page's end of a `MessagePort` to the coordinator: so every message passes one sender check, and the very same path runs
 * in the tests that have no Electron binary.
 */
export class FrameRelay {
  readonly #post: (request: HostRequest) => boolean;
  readonly #log: ShellLog;
  readonly #sessions = new Map<WebContents, string>();
  readonly #known = new WeakSet<WebContents>();
  /** Windows whose session died with the coordinator: they load again when there is a new one. */
  #orphans = new Set<WebContents>();
  #isShut = false;

  constructor(post: (request: HostRequest) => boolean, log: ShellLog) {
    this.#post = post;
    this.#log = log;
    ipcMain.on(OPEN_CHANNEL, (event) => this.#open(event));
    ipcMain.on(FRAME_CHANNEL, (event, frame: unknown) => this.#forward(event, frame));
  }

  /** Only windows of ours have sessions. */
  admit(contents: WebContents): void {
    this.#known.add(contents);
    contents.on("render-process-gone", () => this.#close(contents));
    contents.once("destroyed", () => {
      this.#close(contents);
      this.#orphans.delete(contents);
    });
  }

  deliver(session: string, frame: string): void {
    if (this.#isShut) return;
    for (const [contents, open] of this.#sessions) {
      if (open === session && !contents.isDestroyed()) contents.send(FRAME_CHANNEL, frame);
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

  #open(event: IpcMainEvent): void {
    if (this.#isRefused(event)) return;
    // A window that loads again says so before anything else: what it had is over.
    this.#close(event.sender);
    this.#orphans.delete(event.sender);
    const session = randomUUID();
    this.#sessions.set(event.sender, session);
    if (!this.#post({ kind: "open", session })) this.#drop(event.sender);
  }

  #forward(event: IpcMainEvent, frame: unknown): void {
    if (this.#isRefused(event)) return;
    const session = this.#sessions.get(event.sender);
    // The coordinator is gone, or just back: this page loads again in a moment and asks anew.
    if (session === undefined) return;
    if (typeof frame !== "string" || !isFrameWithinLimit(frame)) {
      return this.#log.warn("refused a frame: expected a string within the limit", { type: typeof frame });
    }
    if (!this.#post({ kind: "frame", session, frame })) this.#drop(event.sender);
  }

  #isRefused(event: IpcMainEvent): boolean {
    if (this.#isShut) return true;
    const problem = this.#known.has(event.sender) ? senderProblem(event) : "its window is not ours";
    if (problem === undefined) return false;
    this.#log.warn("refused a message of a page", { problem });
    return true;
  }

  #close(contents: WebContents): void {
    const session = this.#sessions.get(contents);
    if (session === undefined) return;
    this.#sessions.delete(contents);
    this.#post({ kind: "close", session });
  }

  /** Part of what this page said is lost, so all of it is: it loads again when there is a coordinator. */
  #drop(contents: WebContents): void {
    this.#log.warn("the coordinator takes nothing more now: the window loads again when it does");
    this.#close(contents);
    this.#orphans.add(contents);
  }
}
