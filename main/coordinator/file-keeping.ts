import type { AgentId, RunId, Sha256 } from "#core/model/id.ts";
import { MAX_FILES_NAMED, MAX_RUNS_NAMED, MINOR_WITH_FILE_KEEPING } from "#core/protocol/limits.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import type { FileHolders, KeptForRun } from "./file-holders.ts";
import type { FleetBook } from "./fleet-book.ts";
import type { FleetDesk } from "./fleet-desk.ts";
import type { RunBook } from "./run-book.ts";

type Welcome = Extract<AgentMessage, { kind: "welcome" }>;

interface FileKeepingBooks {
  readonly fleet: FleetBook;
  readonly desk: FleetDesk;
  readonly holders: FileHolders;
  readonly runs: RunBook;
}

/** Tells agents what of their files the runs need, and hears what is gone. Nothing of it has to arrive: the next welcome brings both together. Rule FLEET-9. */
export class FileKeeping {
  readonly #books: FileKeepingBooks;

  constructor(books: FileKeepingBooks) {
    this.#books = books;
  }

  welcomed(agent: AgentId, { keptRuns }: Welcome): void {
    const { holders, runs } = this.#books;
    for (const kept of holders.keptBy(agent)) this.#tellNeeded(kept);
    this.#tellOver(
      agent,
      (keptRuns ?? []).filter((run) => runs.isForgotten(run as RunId)),
    );
  }

  gone(agent: AgentId, files: readonly string[]): void {
    this.#books.holders.drop(agent, files as Sha256[]);
  }

  runOver(run: RunId): void {
    for (const agent of this.#books.holders.dropRun(run)) this.#tellOver(agent, [run]);
  }

  /** After a turn: runs that began again ask for what they had. */
  tellRecalled(): void {
    for (const kept of this.#books.holders.takeRecalled()) this.#tellNeeded(kept);
  }

  #tellNeeded({ agent, run, files }: KeptForRun): void {
    if (!this.#isListening(agent)) return;
    for (let at = 0; at < files.length; at += MAX_FILES_NAMED) {
      this.#books.desk.send(agent, { kind: "files-needed", run, files: files.slice(at, at + MAX_FILES_NAMED) });
    }
  }

  #tellOver(agent: AgentId, runs: readonly string[]): void {
    if (!this.#isListening(agent)) return;
    for (let at = 0; at < runs.length; at += MAX_RUNS_NAMED) {
      this.#books.desk.send(agent, { kind: "runs-over", runs: runs.slice(at, at + MAX_RUNS_NAMED) });
    }
  }

  #isListening(agent: AgentId): boolean {
    return this.#books.fleet.speaksMinor(agent) >= MINOR_WITH_FILE_KEEPING;
  }
}
