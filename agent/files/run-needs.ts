import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import type { StoreBook } from "./store-book.ts";

const NAME = "needs.jsonl";

const app = z.string().check(z.regex(/^[0-9a-f]{16}$/));
const lineSchema = z.union([
  z.object({ app, run: z.string(), needs: z.array(z.string().check(z.regex(/^[0-9a-f]{64}$/))) }),
  z.object({ app, run: z.string(), over: z.literal(true) }),
]);
type Line = z.infer<typeof lineSchema>;

/**
 * Which runs need which files of the store, written down so that an agent that starts again keeps what is needed. Lines are added at
 * the end; a line that is damaged, as the last may be after a crash, counts for nothing.
 */
export class RunNeeds {
  readonly #path: string;
  readonly #book: StoreBook;
  readonly #log: Log;
  #turn: Promise<void> = Promise.resolve();
  readonly #waiting: string[] = [];

  constructor(folder: string, book: StoreBook, log: Log) {
    this.#path = join(folder, NAME);
    this.#book = book;
    this.#log = log;
  }

  /** Reads what was written down, and writes it anew without what is over. */
  async open(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    for (const text of (await readIfThere(this.#path)).split("\n")) this.#take(parseLine(text));
    const lines = [...this.#book.needs()].map(({ app, run, files }) => ({ app, run, needs: [...files] }));
    await this.#tell(async () => {
      const temporary = `${this.#path}.new`;
      await writeFile(temporary, lines.map(toText).join(""), { mode: 0o600 });
      await rename(temporary, this.#path);
    });
  }

  async need(app: AppId, run: RunId, files: readonly Sha256[]): Promise<void> {
    if (files.length === 0) return;
    this.#book.need(app, run, files);
    await this.#append({ app, run, needs: [...files] });
  }

  async release(app: AppId, run: RunId): Promise<void> {
    const isKnown = this.#book.isNeeded(app, run);
    this.#book.release(app, run);
    if (isKnown) await this.#append({ app, run, over: true });
  }

  #take(line: Line | undefined): void {
    if (line === undefined) return;
    const [ofApp, run] = [line.app as AppId, line.run as RunId];
    if ("over" in line) this.#book.release(ofApp, run);
    else this.#book.need(ofApp, run, line.needs as Sha256[]);
  }

  /** Lines that come while others are written are written together. */
  #append(line: Line): Promise<void> {
    this.#waiting.push(toText(line));
    return this.#tell(async () => {
      const lines = this.#waiting.splice(0);
      // After half a line that did not fit on the disk a new one begins.
      if (lines.length > 0) await appendFile(this.#path, `\n${lines.join("")}`, { mode: 0o600 });
    });
  }

  /** In order. What cannot be written is known as long as this agent runs, and the app says it again when it is back. */
  #tell(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#log.warn("what runs need of the store could not be written down", { error: String(error) });
    });
    return this.#turn;
  }
}

function toText(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function parseLine(text: string): Line | undefined {
  if (text === "") return undefined;
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Half a line.
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
