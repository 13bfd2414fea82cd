import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// One instance per data folder, as in Electron: a file says who holds it, a socket tells that one of each other start.

export class SingleInstance {
  readonly #file: string;
  readonly #socket: string;
  #server: Server | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, "standin-instance");
    // A socket's path may be about 100 characters long, a folder's may not.
    const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
    this.#socket = join(tmpdir(), `lanweave-standin-${name}.sock`);
  }

  /** Whether this process is the one; the other one is told where it is not. */
  take(onSecond: () => void): boolean {
    if (holderIsAlive(this.#file)) {
      this.#told = tell(this.#socket);
      return false;
    }
    writeFileSync(this.#file, String(process.pid));
    rmSync(this.#socket, { force: true });
    this.#server = createServer((connection) => {
      connection.end();
      onSecond();
    });
    this.#server.listen(this.#socket);
    this.#server.unref();
    return true;
  }

  async release(): Promise<void> {
    await this.#told;
    if (this.#server === undefined) return;
    this.#server.close();
    rmSync(this.#file, { force: true });
    rmSync(this.#socket, { force: true });
  }
}

function holderIsAlive(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch {
    // No file, or a holder that ended without removing it.
    return false;
  }
}

function tell(socket: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const connection = connect(socket);
  connection.on("error", () => resolve());
  connection.on("close", () => resolve());
  connection.resume();
  return promise;
}
