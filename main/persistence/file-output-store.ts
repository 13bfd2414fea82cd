import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { AttemptKey } from "#core/model/attempt.ts";
import { toKeyText } from "#core/model/attempt.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { OutputPiece, OutputStore } from "#core/ports/output-store.ts";
import { JournalError } from "./journal-error.ts";
import { MAX_CUT_MARK_BYTES, MAX_OUTPUT_BYTES } from "#core/protocol/limits.ts";

type Stream = OutputPiece["stream"];

/** Where one stream gives way to the other: from `offset` on the bytes are of `stream`. */
interface Switch {
  readonly offset: number;
  readonly stream: Stream;
}

interface OpenOutput {
  readonly bytes: number;
  readonly index: number;
  sizeBytes: number;
  readonly switches: Switch[];
}

/** Outputs held open at once; the one opened first gives way. */
const MAX_OPEN = 256;
const MAX_UTF8_BYTES = 4;
/** All that an attempt may have to say. Rule FLEET-10. */
const MAX_KEPT_BYTES = MAX_OUTPUT_BYTES + MAX_CUT_MARK_BYTES;
/** Times that an output is known to change between stdout and stderr; each takes room in memory. */
const MAX_SWITCHES = 100_000;
/** A run's id names a folder. */
const RUN_ID = /^[a-z0-9-]{1,64}$/;

/**
 * Output of attempts in plain files: `RUN/HASH-FENCE.log` has the bytes of both streams in the order they came, `….idx` a line
 * `offset stream` wherever the stream changes. A line that a crash cut short is passed over.
 */
export class FileOutputStore implements OutputStore {
  readonly #folder: string;
  readonly #open = new Map<string, OpenOutput>();
  readonly #newest = new Map<RunId, Map<string, number>>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  append(key: AttemptKey, offset: number, stream: Stream, base64: string): number {
    if (!RUN_ID.test(key.run)) throw new Error(`expected the id of a run, found ${JSON.stringify(key.run)}`);
    const output = this.#obtain(key);
    const sent = Buffer.from(base64, "base64");
    const bytes = sent.subarray(0, Math.max(0, MAX_KEPT_BYTES - offset));
    const known = output.sizeBytes - offset;
    try {
      if (known >= 0 && known < bytes.length) this.#write(output, stream, bytes, known);
    } catch (error) {
      const what = `the disk of ${this.#folder} is full: free some space; output of tasks waits at their agents`;
      throw isFull(error) ? new JournalError("full", what, error) : error;
    }
    // Whatever comes once all is kept that may be kept is taken and forgotten.
    return output.sizeBytes < MAX_KEPT_BYTES ? output.sizeBytes : Math.max(output.sizeBytes, offset + sent.length);
  }

  /** Writes all of the bytes but the first `known`. */
  #write(output: OpenOutput, stream: Stream, bytes: Buffer, known: number): void {
    // Beyond that many all the rest counts as of one stream.
    if (output.switches.at(-1)?.stream !== stream && output.switches.length < MAX_SWITCHES) {
      const change = { offset: output.sizeBytes, stream };
      writeLine(output.index, `${String(change.offset)} ${stream}\n`);
      output.switches.push(change);
    }
    for (let at = known; at < bytes.length;)
      at += writeSync(output.bytes, bytes, at, bytes.length - at, output.sizeBytes + at - known);
    output.sizeBytes += bytes.length - known;
  }

  sizeBytes(key: AttemptKey): number {
    return this.#find(key)?.sizeBytes ?? 0;
  }

  read(
    key: AttemptKey,
    offset: number,
    maxBytes: number,
  ): { readonly pieces: readonly OutputPiece[]; readonly nextOffset: number } {
    const output = this.#find(key);
    if (output === null || offset >= output.sizeBytes) return { pieces: [], nextOffset: offset };
    const buffer = Buffer.alloc(Math.min(maxBytes, output.sizeBytes - offset));
    const found = buffer.subarray(0, readSync(output.bytes, buffer, 0, buffer.length, offset));
    const whole = found.subarray(0, found.length - cutCharacterBytes(found));
    const nextOffset = offset + whole.length;
    return { pieces: split(whole, offset, output.switches), nextOffset };
  }

  newest(run: RunId, nodePath: NodePath): AttemptKey | null {
    const fence = this.#fences(run).get(toFileName(nodePath));
    return fence === undefined ? null : { run, path: nodePath, fence };
  }

  /** The highest fence by node of one run: read from the folder once. */
  #fences(run: RunId): Map<string, number> {
    const known = this.#newest.get(run);
    if (known !== undefined) return known;
    const fences = new Map<string, number>();
    const folder = path.join(this.#folder, run);
    // Names come from outside: of a run that is not there nothing is remembered.
    if (!RUN_ID.test(run) || !existsSync(folder)) return fences;
    for (const file of readdirSync(folder)) {
      const match = /^([0-9a-f]{32})-(\d+)\.log$/.exec(file);
      if (match?.[1] === undefined) continue;
      fences.set(match[1], Math.max(Number(match[2]), fences.get(match[1]) ?? 0));
    }
    this.#newest.set(run, fences);
    return fences;
  }

  #files(key: AttemptKey): { readonly folder: string; readonly log: string; readonly index: string } {
    const folder = path.join(this.#folder, key.run);
    const name = `${toFileName(key.path)}-${String(key.fence)}`;
    return { folder, log: path.join(folder, `${name}.log`), index: path.join(folder, `${name}.idx`) };
  }

  #find(key: AttemptKey): OpenOutput | null {
    if (this.#open.has(toKeyText(key))) return this.#obtain(key);
    return RUN_ID.test(key.run) && existsSync(this.#files(key).log) ? this.#obtain(key) : null;
  }

  #obtain(key: AttemptKey): OpenOutput {
    const text = toKeyText(key);
    const known = this.#open.get(text);
    if (known !== undefined) return known;
    if (this.#open.size >= MAX_OPEN) this.#closeOldest();
    const { folder, log, index } = this.#files(key);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const switches = existsSync(index) ? parseSwitches(readFileSync(index, "utf8")) : [];
    const bytes = openSync(log, existsSync(log) ? "r+" : "w+", 0o600);
    const output = { bytes, index: openSync(index, "a", 0o600), sizeBytes: fstatSync(bytes).size, switches };
    this.#open.set(text, output);
    const fences = this.#fences(key.run);
    fences.set(toFileName(key.path), Math.max(key.fence, fences.get(toFileName(key.path)) ?? 0));
    return output;
  }

  #closeOldest(): void {
    for (const [text, output] of this.#open) {
      this.#release(text, output);
      return;
    }
  }

  #release(text: string, output: OpenOutput): void {
    closeSync(output.bytes);
    closeSync(output.index);
    this.#open.delete(text);
  }

  close(key: AttemptKey): void {
    const output = this.#open.get(toKeyText(key));
    if (output !== undefined) this.#release(toKeyText(key), output);
  }

  deleteRun(run: RunId): void {
    if (!RUN_ID.test(run)) return;
    for (const [text, output] of this.#open) if (text.startsWith(`${run}/`)) this.#release(text, output);
    rmSync(path.join(this.#folder, run), { recursive: true, force: true });
    this.#newest.delete(run);
  }

  dispose(): void {
    for (const [text, output] of this.#open) this.#release(text, output);
  }
}

/** The whole line or none of it: a part of one would spoil the next. */
function writeLine(file: number, line: string): void {
  const { size } = fstatSync(file);
  const bytes = Buffer.from(line);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** Paths may be long and hold signs that file systems do not take. */
function toFileName(nodePath: NodePath): string {
  return createHash("sha256").update(nodePath).digest("hex").slice(0, 32);
}

function parseSwitches(text: string): Switch[] {
  return text.split("\n").flatMap((line): Switch[] => {
    const match = /^(\d+) (stdout|stderr)$/.exec(line);
    return match === null ? [] : [{ offset: Number(match[1]), stream: match[2] === "stderr" ? "stderr" : "stdout" }];
  });
}

/** How many bytes at the end are the beginning of a character whose rest is still to come; 0 when that is all there is. */
function cutCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(MAX_UTF8_BYTES, bytes.length - 1); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function split(bytes: Buffer, offset: number, switches: readonly Switch[]): readonly OutputPiece[] {
  const end = offset + bytes.length;
  const inside = switches.filter((change) => change.offset > offset && change.offset < end);
  const first = switches.findLast((change) => change.offset <= offset)?.stream ?? "stdout";
  const starts = [{ offset, stream: first }, ...inside];
  return starts.map((start, index) => ({
    offset: start.offset,
    stream: start.stream,
    text: bytes.subarray(start.offset - offset, (starts[index + 1]?.offset ?? end) - offset).toString("utf8"),
  }));
}
