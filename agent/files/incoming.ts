import { rm } from "node:fs/promises";
import type { Sha256 } from "#core/model/id.ts";
import { PartialFile } from "./partial-file.ts";
import { StoreError } from "./store-error.ts";
import type { Reservation } from "./store-room.ts";

/** A file under way into the store. */
export interface Incoming {
  /** Bytes that are there; at first those that an earlier transfer left. Whether they are right shows at the end. */
  readonly received: number;
  /** The bytes must not change any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Whether all bytes are there, and the right ones. */
  isSound(): boolean;
  /** Throws away what has come. */
  restart(): Promise<void>;
  /** Checks the hash, makes the file durable and puts it in place. What does not match is removed. */
  finish(): Promise<void>;
  /** Stops here; what has come is kept for the next time, unless it was the disk that had no room for more. */
  pause(): Promise<void>;
}

interface IncomingInput {
  readonly path: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly reservation: Reservation;
  /** Whole, right and durable: it is to be put in its place. */
  readonly sound: () => Promise<void>;
  /** So much of it stays for the next time. */
  readonly left: (bytes: number) => void;
  /** The disk had no room. */
  readonly full: () => void;
  /** It is over, however it went. */
  readonly over: () => void;
}

export async function openIncoming(input: IncomingInput): Promise<Incoming> {
  return new IncomingFile(input, await PartialFile.open(input.path, input.sizeBytes));
}

class IncomingFile implements Incoming {
  readonly #input: IncomingInput;
  readonly #file: PartialFile;
  #isDiskFull = false;

  constructor(input: IncomingInput, file: PartialFile) {
    this.#input = input;
    this.#file = file;
  }

  get received(): number {
    return this.#file.size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#file.append(bytes);
      this.#input.reservation.wrote(bytes.length);
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  isSound(): boolean {
    return this.#file.size === this.#input.sizeBytes && this.#file.digest() === this.#input.sha256;
  }

  restart(): Promise<void> {
    return this.#file.clear();
  }

  async finish(): Promise<void> {
    const { path, sha256, sizeBytes, sound, over } = this.#input;
    const [size, found] = [this.#file.size, this.#file.digest()];
    try {
      if (size === sizeBytes && found === sha256) {
        await this.#file.closeDurably();
        return await sound();
      }
      await this.#file.close().catch(() => undefined);
    } catch (error) {
      this.#note(error);
      await rm(path, { force: true });
      throw error;
    } finally {
      over();
    }
    await rm(path, { force: true });
    throw new StoreError("corrupt", `expected ${sizeBytes} bytes with SHA-256 ${sha256}, found ${size} with ${found}`);
  }

  async pause(): Promise<void> {
    const { path, left, over } = this.#input;
    try {
      await this.#file.close().catch((error: unknown) => this.#note(error));
      if (this.#file.size === 0 || this.#isDiskFull) await rm(path, { force: true });
      else left(this.#file.size);
    } finally {
      over();
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof StoreError && error.code === "disk-full") || this.#isDiskFull) return;
    this.#isDiskFull = true;
    this.#input.full();
  }
}
