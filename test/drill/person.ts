import { spawn } from "node:child_process";
import path from "node:path";
import { ROOT } from "#test/support/fleet.ts";

/** What a command came to. */
export interface Said {
  readonly code: number;
  readonly lines: readonly unknown[];
  readonly stderr: string;
}

const COMMAND_MS = 25_000;
const RETRY_MS = 250;
const EXIT_NOBODY = 3;
const NOT_NOW = /ended the conversation|disk .*is full/;

/** Somebody at the command line of the app's machine. */
export class Person {
  readonly #data: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(data: string, temporary: string) {
    this.#data = data;
    this.#environment = { ...process.env, TMPDIR: temporary };
  }

  /** Runs one command to its end. */
  async says(...words: readonly string[]): Promise<Said> {
    const child = spawn(
      process.execPath,
      [path.join(ROOT, "bin/lanweave.js"), ...words, "--data", this.#data, "--json"],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: this.#environment,
        timeout: COMMAND_MS,
        killSignal: "SIGKILL",
      },
    );
    const texts = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
    const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? -1)));
    const lines = texts.stdout.split("\n").filter((line) => line !== "");
    return { code, lines: lines.map((line): unknown => JSON.parse(line)), stderr: texts.stderr };
  }

  /** Says it again as long as nobody answers, or there is no room for what was asked, as people do; the last answer. */
  async insists(withinMs: number, ...words: readonly string[]): Promise<Said> {
    const end = performance.now() + withinMs;
    for (;;) {
      const said = await this.says(...words);
      const isHeard = said.code !== EXIT_NOBODY && said.code !== -1 && !NOT_NOW.test(said.stderr);
      if (isHeard || performance.now() > end) return said;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
