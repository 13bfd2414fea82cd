import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { JsonObject } from "#core/base/json.ts";

/** Above this the file becomes `.1`, which is replaced. */
const MAX_LOG_BYTES = 1024 * 1024;

/** The shell's own log, one JSON object a line: what it refused, and what the coordinator printed. */
export class ShellLog {
  readonly file: string;
  #sizeBytes: number;

  constructor(file: string) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    this.#sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  info(message: string, fields: JsonObject = {}): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields: JsonObject = {}): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields: JsonObject = {}): void {
    this.#write("error", message, fields);
  }

  #write(level: string, message: string, fields: JsonObject): void {
    const line = `${JSON.stringify({ ...fields, time: new Date().toISOString(), level, message })}\n`;
    if (this.#sizeBytes > MAX_LOG_BYTES) {
      renameSync(this.file, `${this.file}.1`);
      this.#sizeBytes = 0;
    }
    // Written at once: the lines that matter are those before a crash, and there are few.
    appendFileSync(this.file, line);
    this.#sizeBytes += Buffer.byteLength(line);
  }
}
