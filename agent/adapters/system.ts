import { availableParallelism, loadavg, platform } from "node:os";
import { statfs } from "node:fs/promises";
import pino from "pino";
import type { Log } from "#core/ports/log.ts";

const STDERR = 2;
const DISK_LOOK_EVERY_MS = 1_000;

/** The agent's log: JSON lines on stderr, at once. */
export function openLog(level: string): Log {
  const destination = pino.destination({ dest: STDERR, sync: true });
  // Nobody reads it any more, or its disk is full: the agent works on.
  destination.on("error", () => undefined);
  const logger = pino({ level, base: { pid: process.pid } }, destination);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

/** What the store may take when nothing else was said: half of the disk it lies on. */
export async function defaultStoreLimit(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return Math.floor((blocks * bsize) / 2);
}

/** Watches what heartbeats tell of this machine. */
export class MachineWatch {
  readonly #folder: string;
  readonly #minFreeBytes: number;
  #trouble: string | null = null;
  #lookedMs = -Infinity;

  constructor(folder: string, minFreeBytes: number) {
    this.#folder = folder;
    this.#minFreeBytes = minFreeBytes;
  }

  load(): number {
    return platform() === "win32" ? 0 : (loadavg()[0] ?? 0) / availableParallelism();
  }

  /** As of the last look, which every call after a while renews. */
  trouble(): string | null {
    const now = performance.now();
    if (now - this.#lookedMs > DISK_LOOK_EVERY_MS) {
      this.#lookedMs = now;
      void this.#look();
    }
    return this.#trouble;
  }

  async #look(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(this.#folder);
      const free = bavail * bsize;
      this.#trouble =
        free < this.#minFreeBytes
          ? `the disk of ${this.#folder} is nearly full: ${Math.round(free / 2 ** 20)} MiB are free`
          : null;
    } catch (error) {
      this.#trouble = `the folder ${this.#folder} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
