import type { Disposable } from "#core/base/dispose.ts";
import type { AppId, Sha256 } from "#core/model/id.ts";
import type { EndedAttempt } from "#core/ports/attempts.ts";
import { HEARTBEAT_MS } from "#core/protocol/limits.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import { AppDesk, type DeskInput } from "./app-desk.ts";
import type { LinkPeer } from "./ports.ts";

/** Every app this agent works for, one desk each. */
export class AgentDesk implements Disposable {
  readonly #input: Omit<DeskInput, "app">;
  readonly #desks = new Map<AppId, AppDesk>();
  #cancelBeat: () => void;

  constructor(input: Omit<DeskInput, "app">) {
    this.#input = input;
    this.#cancelBeat = input.clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  /** What an earlier process of this agent finished. */
  restore(ended: EndedAttempt): void {
    this.#deskOf(ended.app).restore(ended);
  }

  opened(peer: LinkPeer): void {
    this.#deskOf(peer.app).connected(peer);
  }

  received(peer: LinkPeer, message: AppMessage): void {
    this.#deskOf(peer.app).received(peer, message);
  }

  drained(peer: LinkPeer): void {
    this.#desks.get(peer.app)?.drained(peer);
  }

  closed(peer: LinkPeer): void {
    this.#desks.get(peer.app)?.disconnected(peer);
  }

  /** The pairing with an app is over. */
  unpaired(app: AppId): void {
    this.#desks.get(app)?.close();
    this.#desks.delete(app);
  }

  /** Files that are not here any more. */
  filesGone(app: AppId, files: readonly Sha256[]): void {
    this.#desks.get(app)?.filesGone(files);
  }

  /** Attempts not ended, of every app. */
  get running(): number {
    let count = 0;
    for (const desk of this.#desks.values()) count += desk.running;
    return count;
  }

  dispose(): void {
    this.#cancelBeat();
    for (const desk of this.#desks.values()) desk.quit();
  }

  #deskOf(app: AppId): AppDesk {
    const known = this.#desks.get(app);
    if (known !== undefined) return known;
    const desk = new AppDesk({ ...this.#input, app });
    this.#desks.set(app, desk);
    return desk;
  }

  #beat(): void {
    this.#cancelBeat = this.#input.clock.after(HEARTBEAT_MS, () => this.#beat());
    for (const desk of this.#desks.values()) desk.heartbeat();
  }
}
