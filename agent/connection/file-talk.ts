import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import { MAX_FILES_NAMED, MAX_RUNS_NAMED, MINOR_WITH_FILE_KEEPING } from "#core/protocol/limits.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import type { AttemptBook } from "./attempt-book.ts";
import type { KeptFiles } from "./ports.ts";

type Of<Kind extends AppMessage["kind"]> = Extract<AppMessage, { kind: Kind }>;

interface FileTalkInput {
  readonly app: AppId;
  readonly files: KeptFiles;
  readonly book: AttemptBook;
  readonly log: Log;
}

/**
 * What an app and this agent tell each other of the files that lie here: what runs need, which runs are over, what is not here any
 * more. An app of an older version says nothing of its runs: to it a run is over when all its attempts here are settled. Rule FLEET-9.
 */
export class FileTalk {
  readonly #input: FileTalkInput;
  #knowsOfFiles = true;

  constructor(input: FileTalkInput) {
    this.#input = input;
  }

  /** The app has said hello in this minor version. */
  greeted(minor: number): void {
    this.#knowsOfFiles = minor >= MINOR_WITH_FILE_KEEPING;
    if (this.#knowsOfFiles) return;
    const { app, files } = this.#input;
    for (const run of files.neededBy(app)) this.#endIfDone(run);
  }

  /** For its welcome: it says which of these are over. */
  runs(): RunId[] {
    return this.#input.files.neededBy(this.#input.app).slice(0, MAX_RUNS_NAMED);
  }

  needed({ run, files }: Of<"files-needed">): void {
    const kept = this.#input.files;
    const { app } = this.#input;
    const hashes = files as Sha256[];
    const work = kept.need(app, run as RunId, hashes).then(() => kept.tellGone(app, hashes));
    this.#run(work);
  }

  over({ runs }: Of<"runs-over">): void {
    for (const run of runs) this.#run(this.#input.files.release(this.#input.app, run as RunId));
  }

  /** An attempt of the run is settled. */
  settled(run: RunId): void {
    if (!this.#knowsOfFiles) this.#endIfDone(run);
  }

  gone(files: readonly Sha256[], send: (message: AgentMessage) => void): void {
    if (!this.#knowsOfFiles) return;
    for (let at = 0; at < files.length; at += MAX_FILES_NAMED) {
      send({ kind: "files-gone", files: files.slice(at, at + MAX_FILES_NAMED) });
    }
  }

  #endIfDone(run: RunId): void {
    const { app, files, book } = this.#input;
    const isHere = book.all().some((held) => held.key.run === run && !held.isSettled);
    if (!isHere) this.#run(files.release(app, run));
  }

  #run(work: Promise<void>): void {
    const { app, log } = this.#input;
    work.catch((error: unknown) =>
      log.error("files of an app could not be looked after", { app, error: String(error) }),
    );
  }
}
