import type { HostRequest } from "#core/ipc/host-link.ts";

const MAX_WAITING_REQUESTS = 256;
/** In UTF-16 units, which is what they take in memory, by two. */
const MAX_WAITING_LENGTH = 8 * 1024 * 1024;

/** What windows said before the coordinator was ready, in order. */
export class Backlog {
  #requests: HostRequest[] = [];
  #length = 0;

  /** False when it is full: nothing was added. */
  add(request: HostRequest): boolean {
    const length = request.kind === "frame" ? request.frame.length : 0;
    if (this.#requests.length >= MAX_WAITING_REQUESTS || this.#length + length > MAX_WAITING_LENGTH) return false;
    this.#requests.push(request);
    this.#length += length;
    return true;
  }

  /** All of them; it is empty afterwards. */
  take(): readonly HostRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    this.#length = 0;
    return requests;
  }
}
