import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** Lines that a process printed, kept, so that a test can wait for one that was or will be. */
export class Lines {
  readonly all: string[] = [];
  #wake = Promise.withResolvers<void>();
  #isEnded = false;

  constructor(stream: Readable) {
    createInterface({ input: stream })
      .on("line", (line) => {
        this.all.push(line);
        this.#ring();
      })
      .on("close", () => {
        this.#isEnded = true;
        this.#ring();
      });
  }

  #ring(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** What `pick` makes of the first line it makes something of. Fails at the deadline, and when no line can come any more. */
  async until<T>(what: string, deadlineMs: number, pick: (line: string) => T | undefined): Promise<T> {
    const end = performance.now() + deadlineMs;
    for (let at = 0; ;) {
      for (; at < this.all.length; at++) {
        const picked = pick(this.all[at] ?? "");
        if (picked !== undefined) return picked;
      }
      const leftMs = end - performance.now();
      if (leftMs <= 0 || this.#isEnded)
        throw new Error(
          `no ${what}${this.#isEnded ? ", and the output has ended" : ""}:\n${this.all.slice(-20).join("\n")}`,
        );
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#wake.promise, late.promise]);
      clearTimeout(timer);
    }
  }
}

/** Asks again and again until `read` gives something; fails at the deadline with what it was waiting for. */
export async function eventually<T>(what: string, deadlineMs: number, read: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
