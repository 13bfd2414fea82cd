/** What an app has sent waits so long for the attempt that it was sent for. */
const AWAITED_MS = 60_000;

/** Files that were sent for an attempt which is not here yet: they are held until it has them, and not for ever. */
export class AwaitedFiles {
  readonly #ends = new Map<string, () => void>();

  /** `release` is called when the file is taken, or nobody came for it. */
  add(path: string, release: () => void): void {
    this.taken(path);
    const end = (): void => {
      clearTimeout(timer);
      this.#ends.delete(path);
      release();
    };
    const timer = setTimeout(end, AWAITED_MS).unref();
    this.#ends.set(path, end);
  }

  taken(path: string): void {
    this.#ends.get(path)?.();
  }
}
