import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLError,
} from "yaml";
import type { Json, JsonObject } from "../base/json.ts";
import { MAX_FILE_BYTES, MAX_NESTING } from "./limits.ts";
import { findOffset } from "./offset.ts";
import type { Position, Problems } from "./problems.ts";

/** Keys and indices from the top of a file to something in it. */
export type DataPath = readonly (string | number)[];

/** A file's data and where each part of it stands. */
export interface Source {
  readonly data: Json;
  /** Of a value; of the nearest thing around it when it is not there. */
  locate(path: DataPath): Position;
  /** Of a key of a map. */
  locateKey(path: DataPath): Position;
  /** Of a stretch of a text, by offsets in its value. */
  locateIn(path: DataPath, start: number, end: number): Position;
}

/** Reads YAML or JSON. Null when there is no data to go on with; the reasons are then in `problems`. Never throws. Rule FILE-7. */
export function readSource(text: string, problems: Problems): Source | null {
  const top = { line: 1, column: 1 };
  const bytes = byteLength(text);
  if (bytes > MAX_FILE_BYTES) {
    problems.add(top, "too-large", `a workflow file has at most ${MAX_FILE_BYTES} bytes, this one has ${bytes}`);
    return null;
  }
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      version: "1.2",
      merge: false,
    });
    reportSyntax([...document.errors, ...document.warnings], text, lines, problems);
    if (document.errors.length > 0) return null;
    return new Reader(document, text, lines, problems).read();
  } catch (error) {
    // The YAML parser recurses, so hostile nesting ends its stack.
    const isDeep = error instanceof RangeError;
    problems.add(top, "syntax", isDeep ? TOO_DEEP : String(error));
    return null;
  }
}

const TOO_DEEP = `lists and maps are nested deeper than ${MAX_NESTING} levels`;
const QUOTES = "a text that begins with { or holds {{ }} in a {…} or […] needs quotes";

/** One error leads to others after it, so only the first of each line is told. */
function reportSyntax(errors: readonly YAMLError[], text: string, lines: LineCounter, problems: Problems): void {
  const toldLines = new Set<number>();
  for (const { pos, code, message } of errors) {
    const position = toPosition(lines, pos[0]);
    if (toldLines.has(position.line)) continue;
    toldLines.add(position.line);
    const start = text.lastIndexOf("\n", Math.max(0, pos[0] - 1)) + 1;
    const hint = text.slice(start, pos[0] + 2).includes("{{") ? `; ${QUOTES}` : "";
    const told = code === "RESOURCE_EXHAUSTION" ? TOO_DEEP : `${message} (${code})${hint}`;
    problems.add(position, "syntax", told);
  }
}

function toPosition(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

class Reader implements Source {
  data: Json = null;
  readonly #document: Document;
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #problems: Problems;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Node, Node>();
  readonly #open = new Set<Node>();
  /** Bytes that aliases have added. */
  #expanded = 0;
  #aliasDepth = 0;

  constructor(document: Document, text: string, lines: LineCounter, problems: Problems) {
    this.#document = document;
    this.#text = text;
    this.#lines = lines;
    this.#problems = problems;
  }

  read(): Source | null {
    try {
      this.data = this.#convert(this.#document.contents, 0);
      return this;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#add(error.offset, error.code, error.message);
      return null;
    }
  }

  #convert(node: unknown, depth: number): Json {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#convertAlias(node, depth);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    const offset = node.range?.[0] ?? 0;
    if (depth > MAX_NESTING) throw new Refusal(offset, "syntax", TOO_DEEP);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#convertScalar(node.value, node);
    this.#spend(1, offset);
    this.#open.add(node);
    const value = isSeq(node)
      ? node.items.map((item) => this.#convert(item, depth + 1))
      : this.#convertMap(node, depth);
    this.#open.delete(node);
    return value;
  }

  #convertAlias(node: Node & { readonly source: string }, depth: number): Json {
    const offset = node.range?.[0] ?? 0;
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      this.#add(offset, "syntax", `there is no anchor &${node.source} before this alias`);
      return null;
    }
    if (this.#open.has(target)) {
      this.#add(offset, "syntax", `the alias *${node.source} stands inside of what it names`);
      return null;
    }
    this.#targets.set(node, target);
    this.#aliasDepth++;
    const value = this.#convert(target, depth);
    this.#aliasDepth--;
    return value;
  }

  #convertScalar(value: unknown, node: Node): Json {
    const offset = node.range?.[0] ?? 0;
    this.#spend(1 + (node.range === undefined || node.range === null ? 0 : node.range[1] - offset), offset);
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.#add(offset, "type", `expected a value that JSON has too, found ${String(value)}`);
    return null;
  }

  #convertMap(
    node: { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] },
    depth: number,
  ): JsonObject {
    const entries = new Map<string, Json>();
    for (const pair of node.items) {
      const offset = offsetOf(pair.key) ?? offsetOf(pair.value) ?? 0;
      const key = this.#toKey(pair.key, offset);
      if (key !== null && entries.has(key)) this.#add(offset, "duplicate-key", `the key "${key}" is here twice`);
      const value = this.#convert(pair.value, depth + 1);
      if (key !== null && !entries.has(key)) entries.set(key, value);
    }
    return Object.fromEntries(entries);
  }

  #toKey(key: unknown, offset: number): string | null {
    const value = isScalar(key) ? key.value : isAlias(key) ? this.#convertAlias(key, 0) : undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    this.#add(offset, "type", `expected a text as key${isMap(key) ? `; ${QUOTES}` : ""}`);
    return null;
  }

  #spend(bytes: number, offset: number): void {
    if (this.#aliasDepth === 0) return;
    this.#expanded += bytes;
    if (this.#expanded > MAX_FILE_BYTES)
      throw new Refusal(offset, "too-large", `aliases of this part expand to more than ${MAX_FILE_BYTES} bytes`);
  }

  #add(offset: number, code: string, message: string): void {
    this.#problems.add(toPosition(this.#lines, offset), code, message);
  }

  locate(path: DataPath): Position {
    return this.#position(offsetOf(this.#find(path)) ?? 0);
  }

  locateKey(path: DataPath): Position {
    const parent = this.#resolve(this.#find(path.slice(0, -1)));
    const pair = isMap(parent) ? parent.items.find((item) => keyText(item.key) === String(path.at(-1))) : undefined;
    return this.#position(offsetOf(pair?.key) ?? offsetOf(this.#find(path)) ?? 0);
  }

  locateIn(path: DataPath, start: number, end: number): Position {
    const node = this.#resolve(this.#find(path));
    if (!isScalar(node) || typeof node.value !== "string") return this.locate(path);
    const range = node.range ?? [0, 0, 0];
    return this.#position(
      findOffset(
        { text: this.#text, start: range[0], end: range[1], value: node.value, type: node.type ?? "PLAIN" },
        start,
        end,
      ),
    );
  }

  #position(offset: number): Position {
    return toPosition(this.#lines, offset);
  }

  /** The node at a path, or the deepest one on the way to it. */
  #find(path: DataPath): unknown {
    let node: unknown = this.#document.contents;
    for (const step of path) {
      const at = this.#resolve(node);
      const next: unknown = isSeq(at)
        ? at.items[Number(step)]
        : isMap(at)
          ? findValue(at.items, String(step))
          : undefined;
      if (next === undefined || next === null) return node;
      node = next;
    }
    return node;
  }

  #resolve(node: unknown): unknown {
    if (!isAlias(node)) return node;
    return this.#targets.get(node);
  }
}

/** Ends the reading of a file that cannot be read on. */
class Refusal extends Error {
  readonly offset: number;
  readonly code: string;

  constructor(offset: number, code: string, message: string) {
    super(message);
    this.offset = offset;
    this.code = code;
  }
}

function findValue(items: readonly { readonly key: unknown; readonly value: unknown }[], key: string): unknown {
  const pair = items.find((item) => keyText(item.key) === key);
  // An empty value has no place of its own; its key has.
  return pair?.value ?? pair?.key;
}

function keyText(key: unknown): string | null {
  return isScalar(key) ? String(key.value) : null;
}

function offsetOf(node: unknown): number | null {
  if (!isAlias(node) && !isScalar(node) && !isMap(node) && !isSeq(node)) return null;
  return node.range?.[0] ?? null;
}

/** UTF-8 bytes of a text. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) bytes++;
    if (code > 0x7ff && (code < 0xd800 || code > 0xdfff)) bytes++;
  }
  return bytes;
}
