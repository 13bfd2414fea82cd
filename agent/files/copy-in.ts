import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import type { Sha256 } from "#core/model/id.ts";
import { StoreError } from "./store-error.ts";
import type { Reservation } from "./store-room.ts";

const BLOCK_BYTES = 1024 * 1024;
// A pipe without a writer must not be waited for, and a link not be followed.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Copies a file durably and tells what was in it. Throws a `StoreError` when it is no regular file, or changes meanwhile. */
export async function copyIn(
  from: string,
  to: string,
  reservation: Reservation,
): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
  const source = await open(from, OPEN_FLAGS);
  try {
    const before = await source.stat();
    if (!before.isFile()) throw new StoreError("not-a-file", "it is no regular file");
    const target = await open(to, "wx", 0o600);
    try {
      const copied = await copy(source, target, before.size, reservation);
      if (hasChanged(before, await source.stat(), copied.sizeBytes)) {
        throw new StoreError("changed", "it changed while it was taken: something still writes to it");
      }
      await target.sync();
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** While one block is hashed and written, the next is read. */
async function copy(
  source: FileHandle,
  target: FileHandle,
  expectedBytes: number,
  reservation: Reservation,
): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  const read = (block: Buffer, at: number) => source.read(block, 0, block.length, at);
  let [block, spare] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
  let sizeBytes = 0;
  let { bytesRead } = await read(block, 0);
  // What grows for ever must not be copied for ever.
  while (bytesRead > 0 && sizeBytes <= expectedBytes) {
    const bytes = block.subarray(0, bytesRead);
    const from = sizeBytes;
    sizeBytes += bytesRead;
    const next = read(spare, sizeBytes);
    const written = writeAll(target, bytes, from);
    hash.update(bytes);
    const [{ bytesRead: more }] = await Promise.all([next, written]);
    reservation.wrote(bytes.length);
    [block, spare] = [spare, block];
    bytesRead = more;
  }
  return { sha256: hash.digest("hex") as Sha256, sizeBytes };
}

function hasChanged(before: Stats, after: Stats, copiedBytes: number): boolean {
  return before.size !== copiedBytes || after.size !== copiedBytes || before.mtimeMs !== after.mtimeMs;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
