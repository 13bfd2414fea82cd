import type { CancelSignal } from "#core/base/cancel.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import type { HolderTls } from "./holder-client.ts";
import { pullFromHolders } from "./pull.ts";
import { StoreError } from "./store-error.ts";
import type { ContentStore } from "./store.ts";

interface AttemptFilesInput {
  readonly store: ContentStore;
  /** Null: the pairing with this app is gone. */
  readonly tlsOf: (app: AppId) => HolderTls | null;
  /** How often the pace of a holder is looked at, unless as usual. */
  readonly paceMs?: number;
}

/** The store as attempts see it, with what other agents hold behind it. Each content comes to this machine at most once. */
export class StoredAttemptFiles {
  readonly #input: AttemptFilesInput;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(input: AttemptFilesInput) {
    this.#input = input;
  }

  hold(app: AppId, run: RunId, files: readonly Sha256[]): () => void {
    const { store } = this.#input;
    store.use(app, run, files);
    const releases = files.map((sha256) => store.hold(app, sha256));
    return () => releases.forEach((release) => release());
  }

  async bring(app: AppId, file: InputFile, to: string, signal: CancelSignal): Promise<void> {
    const { store } = this.#input;
    do {
      while (!(await store.has(app, file.sha256))) await this.#pullOnce(app, file, signal);
    } while (!(await store.copyOut(app, file.sha256, to)));
  }

  keep(app: AppId, run: RunId, path: string): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
    return this.#input.store.keep(app, run, path);
  }

  flush(): Promise<void> {
    return this.#input.store.flush();
  }

  /** Several attempts may wait for the same content: the first fetches, the others wait for that. */
  async #pullOnce(app: AppId, file: InputFile, signal: CancelSignal): Promise<void> {
    const name = `${app}/${file.sha256}`;
    // When the other one fails, or is cancelled, this one tries for itself.
    const under = this.#pulls.get(name) ?? this.#input.store.arrival(app, file.sha256);
    if (under !== undefined) return orCancelled(under, signal);
    const pull = this.#pull(app, file, signal);
    this.#pulls.set(name, pull);
    try {
      await pull;
    } finally {
      this.#pulls.delete(name);
    }
  }

  async #pull(app: AppId, file: InputFile, signal: CancelSignal): Promise<void> {
    const { store } = this.#input;
    const tls = this.#input.tlsOf(app);
    if (tls === null || file.holders.length === 0) {
      // The app may believe otherwise.
      await store.tellGone(app, [file.sha256]);
      throw new StoreError(
        "missing",
        `the input file ${JSON.stringify(file.name)} (${file.sha256}) is not on this agent, and nobody was named who has it`,
      );
    }
    const incoming = await store.receive(app, file.sha256, file.sizeBytes);
    if (incoming === undefined) return;
    try {
      await pullFromHolders({ file, tls, incoming, signal, paceMs: this.#input.paceMs });
    } catch (error) {
      await incoming.pause();
      throw error;
    }
    await incoming.finish();
  }
}

/** Resolves when `work` is over, however it went; rejects as soon as nobody needs it any more. */
async function orCancelled(work: Promise<void>, signal: CancelSignal): Promise<void> {
  const cancelled = Promise.withResolvers<never>();
  const cancel = (): void => cancelled.reject(new StoreError("cancelled", "the transfer was cancelled"));
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  try {
    await Promise.race([work.catch(() => undefined), cancelled.promise]);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
