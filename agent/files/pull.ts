import type { CancelSignal } from "#core/base/cancel.ts";
import type { FileHolder, InputFile } from "#core/model/attempt.ts";
import { FILE_STALL_MS } from "#core/protocol/file-messages.ts";
import { type HolderTls, pullFrom } from "./holder-client.ts";
import { StoreError } from "./store-error.ts";
import type { Incoming } from "./incoming.ts";

/** How often all holders are tried, in turn, while bytes still come. */
const MAX_ROUNDS = 3;
const MAX_SHOWN_FAILURES = 5;
const ON_THE_WAY: ReadonlySet<string> = new Set(["unreachable", "failed"]);

interface PullInput {
  readonly file: InputFile;
  readonly tls: HolderTls;
  readonly incoming: Incoming;
  readonly signal: CancelSignal;
  /** How often the pace of a holder is looked at. */
  readonly paceMs?: number | undefined;
}

/**
 * Fills `incoming` with the right bytes from whoever has them: each holder goes on where the one before stopped. When what came
 * from several is not the file, one of them may still have it, so each is asked for all of it. Throws a `StoreError` that names
 * every holder's failure.
 */
export async function pullFromHolders(input: PullInput): Promise<void> {
  await new Pull(input).run();
}

class Pull {
  readonly #input: PullInput;
  readonly #failures: string[] = [];
  /** Every holder that was asked has said that it has no such file. */
  #isMissing = true;
  /** With some holder it was the way there that failed: another time, or from another machine, it may go. */
  #isUnreached = false;
  /** Whose bytes have come; null: what an earlier transfer left. */
  readonly #sources = new Set<FileHolder | null>();

  constructor(input: PullInput) {
    this.#input = input;
    if (input.incoming.received > 0) this.#sources.add(null);
  }

  async run(): Promise<void> {
    const { file, incoming } = this.#input;
    if (!(await this.#fill(file.holders))) throw this.#failure();
    if (incoming.isSound()) return;
    this.#blame();
    const [only] = this.#sources;
    // One that sent everything alone has had its turn.
    const suspects = this.#sources.size === 1 ? file.holders.filter((holder) => holder !== only) : file.holders;
    for (const holder of suspects) {
      await this.#restart();
      if (!(await this.#fill([holder]))) continue;
      if (incoming.isSound()) return;
      this.#blame();
    }
    // What is whole and wrong is of no use to anybody; what is not whole yet may be right.
    if (incoming.received === file.sizeBytes) await this.#restart();
    throw this.#failure();
  }

  /** True when all bytes are there, right or wrong. */
  async #fill(holders: readonly FileHolder[]): Promise<boolean> {
    const { incoming } = this.#input;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = incoming.received;
      for (const holder of holders) if (await this.#try(holder)) return true;
      // A round without a byte: another one would go the same way.
      if (incoming.received === before) break;
    }
    return false;
  }

  async #try(holder: FileHolder): Promise<boolean> {
    const { file, tls, incoming, signal, paceMs = FILE_STALL_MS } = this.#input;
    const before = incoming.received;
    try {
      if (signal.aborted) throw new StoreError("cancelled", "the transfer was cancelled");
      const pace = { hasOthers: file.holders.length > 1, everyMs: paceMs };
      await pullFrom(holder, tls, file, incoming, signal, pace);
      return true;
    } catch (error) {
      // Of this machine, and the same with every holder.
      if (error instanceof StoreError && error.code === "disk-full") throw error;
      this.#isMissing = this.#isMissing && error instanceof StoreError && error.code === "missing";
      this.#isUnreached ||= !(error instanceof StoreError) || ON_THE_WAY.has(error.code);
      this.#failures.push(`agent ${holder.agent}: ${error instanceof Error ? error.message : String(error)}`);
      if (signal.aborted) throw this.#failure();
      return false;
    } finally {
      if (incoming.received > before) this.#sources.add(holder);
    }
  }

  async #restart(): Promise<void> {
    await this.#input.incoming.restart();
    this.#sources.clear();
  }

  #blame(): void {
    const names = [...this.#sources].map((holder) =>
      holder === null ? "an earlier transfer" : `agent ${holder.agent}`,
    );
    this.#isMissing = false;
    this.#failures.push(`${names.join(" and ")}: sent other bytes than those of the file`);
  }

  #failure(): StoreError {
    const shown = this.#failures.slice(-MAX_SHOWN_FAILURES).join("; ");
    const name = JSON.stringify(this.#input.file.name);
    const code = this.#isMissing ? "missing" : this.#isUnreached ? "unreachable" : "inputs";
    return new StoreError(code, `the input file ${name} could not be fetched: ${shown}`);
  }
}
