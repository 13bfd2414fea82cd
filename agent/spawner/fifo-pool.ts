import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Pipes made by one call of `mkfifo`: starting that takes most of the time. */
const BATCH = 512;

/** Both ends of a pipe. */
export interface PipeEnds {
  readonly name: string;
  readonly readFd: number;
  readonly writeFd: number;
}

/**
 * Real pipes for children. Node's own `stdio: "pipe"` is a pair of sockets, which a program cannot open again by name:
 * `echo … > /dev/stderr` would fail in it.
 */
export class FifoPool {
  readonly #folder: string;
  #names: string[] = [];
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
    // A spawner that was killed has left its own there.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  take(): PipeEnds {
    if (this.#names.length === 0) this.#make();
    const name = this.#names.pop();
    if (name === undefined) throw new Error("expected a pipe after making some, found none");
    const readFd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { name, readFd, writeFd: openSync(name, constants.O_WRONLY) };
    } catch (error) {
      closeSync(readFd);
      throw error;
    }
  }

  /** Its reading end is closed. One that was read to its end has nobody left who could write into it, and serves again. */
  giveBack({ name }: PipeEnds, wasReadToItsEnd: boolean): void {
    if (wasReadToItsEnd) this.#names.push(name);
    else rmSync(name, { force: true });
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #make(): void {
    const names = Array.from({ length: BATCH }, (_, index) => join(this.#folder, `p${this.#made + index}`));
    this.#made += BATCH;
    execFileSync("mkfifo", ["-m", "600", ...names], { stdio: "ignore" });
    this.#names = names;
  }
}
