import type { Json } from "#core/base/json.ts";

/** One line of `--json`: the spec's kinds, and ours for what it has none for. The other fields are whatever JSON can hold. */
export interface JsonRecord {
  readonly kind:
    "event" | "run" | "snapshot" | "problem" | "agent" | "figure" | "error" | "log" | "graph" | "check" | "bench";
  readonly [field: string]: unknown;
}

/** Where a command writes. With `--json`, stdout has one JSON object a line and nothing else; what people read goes to stderr. */
export class Output {
  readonly isJson: boolean;
  #isStdoutOpen = true;

  constructor(isJson: boolean) {
    this.isJson = isJson;
    // A reader that left (`| head`) is no error of ours: what it does not want is not written any more.
    process.stdout.on("error", () => this.#closeStdout());
    process.stderr.on("error", () => {});
  }

  /** False when whoever read stdout has gone. */
  get hasReader(): boolean {
    return this.#isStdoutOpen;
  }

  /** One line of `--json`; nothing without it. */
  record(record: JsonRecord): void {
    if (this.isJson) this.#write(`${JSON.stringify(record)}\n`);
  }

  /** What the command was asked for, as people read it; nothing with `--json`. */
  print(text: string): void {
    if (!this.isJson) this.#write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Like `print`, but as it is: output of tasks. */
  raw(text: string): void {
    if (!this.isJson) this.#write(text);
  }

  /** What people should know beside what they asked for. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Waits until all that was written has left this process. */
  async flush(): Promise<void> {
    await Promise.all([drain(process.stdout), drain(process.stderr)]);
  }

  #write(text: string): void {
    if (this.#isStdoutOpen) process.stdout.write(text);
  }

  #closeStdout(): void {
    this.#isStdoutOpen = false;
  }
}

function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise((resolve) => stream.write("", () => resolve()));
}

/** A value on one line for people: text as it is, everything else as JSON. */
export function toPlain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Rows as aligned columns, the first row being the heading. The last column is not padded. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  "),
    )
    .join("\n");
}
