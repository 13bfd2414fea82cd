import type { Duplex } from "node:stream";

const DELIMITER = "\f";
const WAIT_MS = 15_000;

/** What came over a connection that the product speaks node-ipc on, and whether it is still there. */
export class FrameSocket {
  readonly socket: Duplex;
  readonly received: unknown[] = [];
  /** Called for each frame before anybody who waits. */
  onFrame: (data: unknown) => void = () => undefined;
  #rest = "";
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  constructor(socket: Duplex) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#take(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#ring();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Text as it is. */
  write(text: string): void {
    if (!this.#isClosed && this.socket.writable) this.socket.write(text);
  }

  /** A whole frame around JSON text. */
  sendText(json: string): void {
    this.write(`{"type":"lanweave","data":${json}}${DELIMITER}`);
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  /** What `pick` finds among what has come, now or later; null when the connection ends before. */
  async until<T>(what: string, pick: (data: unknown) => T | undefined, waitMs = WAIT_MS): Promise<T | null> {
    const end = performance.now() + waitMs;
    for (let seen = 0; ;) {
      for (; seen < this.received.length; seen += 1) {
        const found = pick(this.received[seen]);
        if (found !== undefined) return found;
      }
      if (this.#isClosed) return null;
      const leftMs = end - performance.now();
      if (leftMs <= 0)
        throw new Error(`no ${what} within ${String(waitMs)} ms; ${String(this.received.length)} frames came`);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#wake.promise, late.promise]);
      clearTimeout(timer);
    }
  }

  /** Waits for the end of the connection. */
  async closed(waitMs = WAIT_MS): Promise<void> {
    await this.until("end of the connection", () => undefined, waitMs);
  }

  forget(): void {
    this.received.length = 0;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: string): void {
    const frames = (this.#rest + chunk).split(DELIMITER);
    this.#rest = frames.pop() ?? "";
    for (const frame of frames) {
      const { data }: { data?: unknown } = JSON.parse(frame);
      this.received.push(data);
      this.onFrame(data);
    }
    this.#ring();
  }

  #ring(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** A field of an object that came from somebody else. */
export function fieldOf(data: unknown, ...names: readonly string[]): unknown {
  let value: unknown = data;
  for (const name of names) value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return value;
}
