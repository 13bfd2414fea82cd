import type { CancelSignal } from "#core/base/cancel.ts";
import type { FileHolder, InputFile } from "#core/model/attempt.ts";
import type { AppId, Sha256 } from "#core/model/id.ts";
import { type HolderTls, pullFrom } from "./holder-client.ts";
import { StoreError } from "./store-error.ts";
import type { ContentStore, Incoming } from "./store.ts";

/** How often all holders are tried, in turn, while bytes still come. */
const MAX_ROUNDS = 3;

interface AttemptFilesInput {
  readonly store: ContentStore;
  /** Null: the pairing with this app is gone. */
  readonly tlsOf: (app: AppId) => HolderTls | null;
}

/** The store as attempts see it, with what other agents hold behind it. Each content comes to this machine at most once. */
export class StoredAttemptFiles {
  readonly #input: AttemptFilesInput;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(input: AttemptFilesInput) {
    this.#input = input;
  }

  async bring(app: AppId, file: InputFile, to: string, signal: CancelSignal): Promise<void> {
    const { store } = this.#input;
    while (!(await store.has(app, file.sha256))) await this.#pullOnce(app, file, signal);
    await store.copyOut(app, file.sha256, to);
  }

  keep(app: AppId, path: string): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
    return this.#input.store.keep(app, path);
  }

  /** Several attempts may wait for the same content: the first fetches, the others wait for that. */
  async #pullOnce(app: AppId, file: InputFile, signal: CancelSignal): Promise<void> {
    const name = `${app}/${file.sha256}`;
    const under = this.#pulls.get(name);
    // When the other one fails, or is cancelled, this one tries for itself.
    if (under !== undefined) return under.catch(() => undefined);
    const pull = this.#pull(app, file, signal);
    this.#pulls.set(name, pull);
    try {
      await pull;
    } finally {
      this.#pulls.delete(name);
    }
  }

  async #pull(app: AppId, file: InputFile, signal: CancelSignal): Promise<void> {
    const tls = this.#input.tlsOf(app);
    if (tls === null || file.holders.length === 0) {
      throw new StoreError(
        "missing",
        `the input file ${JSON.stringify(file.name)} (${file.sha256}) is not on this agent, and nobody was named who has it`,
      );
    }
    const incoming = await this.#input.store.receive(app, file.sha256, file.sizeBytes);
    if (incoming === undefined) return;
    const counted = count(incoming);
    try {
      await this.#pullFromAny(file, tls, counted, signal);
    } catch (error) {
      await incoming.pause();
      throw error;
    }
    await incoming.finish();
  }

  async #pullFromAny(file: InputFile, tls: HolderTls, incoming: Counted, signal: CancelSignal): Promise<void> {
    const failures: string[] = [];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = incoming.received;
      for (const holder of file.holders) {
        const failure = await tryHolder(holder, file, tls, incoming, signal);
        if (failure === undefined) return;
        failures.push(failure);
        if (signal.aborted) break;
      }
      // A round without a byte: another one would go the same way.
      if (incoming.received === before || signal.aborted) break;
    }
    throw new StoreError(
      "inputs",
      `the input file ${JSON.stringify(file.name)} could not be fetched: ${failures.slice(-5).join("; ")}`,
    );
  }
}

type Counted = Incoming & { readonly received: number };

async function tryHolder(
  holder: FileHolder,
  file: InputFile,
  tls: HolderTls,
  incoming: Counted,
  signal: CancelSignal,
): Promise<string | undefined> {
  try {
    await pullFrom(holder, tls, file, incoming, signal);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function count(incoming: Incoming): Counted {
  let received = incoming.offset;
  return {
    ...incoming,
    get received() {
      return received;
    },
    write: async (bytes) => {
      await incoming.write(bytes);
      received += bytes.length;
    },
  };
}
