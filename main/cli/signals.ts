/** The terminal gives Ctrl-C to every process of a pipeline, and a parent may pass it on too: that is one wish, not two. */
const SAME_WISH_MS = 150;

/** Tells of the first wish to stop by `signal`; the second ends the process at once with `hardExitCode`. */
export class StopWish {
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #hardExitCode: number;
  readonly #listener = (): void => this.#receive();
  #firstAt: number | null = null;

  constructor(hardExitCode: number) {
    this.#hardExitCode = hardExitCode;
    this.signal = this.#abort.signal;
    for (const name of STOP_SIGNALS) process.on(name, this.#listener);
  }

  dispose(): void {
    for (const name of STOP_SIGNALS) process.off(name, this.#listener);
  }

  #receive(): void {
    const now = performance.now();
    if (this.#firstAt === null) {
      this.#firstAt = now;
      this.#abort.abort();
    } else if (now - this.#firstAt > SAME_WISH_MS) process.exit(this.#hardExitCode);
  }
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
