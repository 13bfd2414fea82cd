import type { AgentId } from "#core/model/id.ts";
import type { Journal } from "#core/ports/journal.ts";
import { type PairedRecord, parsePairedRecord, toRecord } from "./paired-record.ts";

const PAIRED = "agent";
const GONE = "gone-agent";
/** Agents that are gone and whose names are kept. */
const MAX_GONE = 1_000;

/** The pairings of this app in its journal. What is changed is durable when the call returns. */
export class PairedRecords {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** All that are to be kept; agents that went with the command that brought them are forgotten. */
  load(): readonly PairedRecord[] {
    return this.#journal.records(PAIRED).flatMap(([, value]) => {
      const record = parsePairedRecord(value);
      if (record === null) return [];
      if (!record.isLocal || record.isKept) return [record];
      this.forget(record);
      return [];
    });
  }

  set(record: PairedRecord): void {
    this.#journal.setRecord(PAIRED, record.id, toRecord(record));
  }

  /** Nothing is kept but what it was called: runs name it. */
  forget({ id, name }: PairedRecord): void {
    this.#journal.setRecord(PAIRED, id, null);
    const gone = this.#journal.records(GONE);
    const [oldest] = gone;
    if (oldest !== undefined && gone.length >= MAX_GONE) this.#journal.setRecord(GONE, oldest[0], null);
    this.#journal.setRecord(GONE, id, { name });
  }

  /** What it was called that was forgotten; null when nobody remembers. */
  nameOfGone(id: AgentId): string | null {
    const name = this.#journal.record(GONE, id)?.["name"];
    return typeof name === "string" ? name : null;
  }
}
