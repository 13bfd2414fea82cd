import type { NodePath, RunId } from "#core/model/id.ts";
import type { Output } from "./output.ts";

/** A line longer than this is printed in pieces. */
const MAX_HELD_CHARACTERS = 64 * 1024;

/** Prints pieces of output of one or several nodes; of several, line by line with the node's path before each. */
export class LogPrinter {
  readonly #output: Output;
  readonly #run: RunId;
  readonly #hasPaths: boolean;
  readonly #held = new Map<NodePath, string>();

  constructor(output: Output, run: RunId, hasPaths: boolean) {
    this.#output = output;
    this.#run = run;
    this.#hasPaths = hasPaths;
  }

  get hasReader(): boolean {
    return this.#output.hasReader;
  }

  take(path: NodePath, text: string): void {
    if (text === "") return;
    this.#output.record({ kind: "log", run: this.#run, path, text });
    if (!this.#hasPaths) return this.#output.raw(text);
    const lines = ((this.#held.get(path) ?? "") + text).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) this.#output.raw(`${path} | ${line}\n`);
    this.#held.set(path, rest);
    if (rest.length > MAX_HELD_CHARACTERS) this.finish(path);
  }

  /** No more of this node: a last line without its end is printed too. */
  finish(path: NodePath): void {
    const rest = this.#held.get(path) ?? "";
    this.#held.delete(path);
    if (rest !== "") this.#output.raw(`${path} | ${rest}\n`);
  }
}
