import { constants, type FileHandle, open } from "node:fs/promises";

/** Read at a time. Two of them are used in turn: new ones for every read would cost more than the reading. */
const BLOCK_BYTES = 512 * 1024;
// A pipe without a writer must not be waited for.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a file for reading; what is no regular file is opened as well, without waiting, and is the caller's to refuse. */
export function openForReading(path: string): Promise<FileHandle> {
  return open(path, OPEN_FLAGS);
}

/**
 * Reads from `start` to the end, or as far as `end`, and gives block by block to `take`; the next is read meanwhile. A block is filled
 * anew as soon as `take` of the one after it is called, and only then. Ends early when `take` gives false.
 */
export async function readBlocks(
  file: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
  take: (block: Uint8Array) => Promise<boolean> | boolean,
): Promise<void> {
  const blocks = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)] as const;
  let turn = 0;
  const readFrom = async (at: number): Promise<Uint8Array> => {
    const block = blocks[turn === 0 ? 0 : 1];
    turn = 1 - turn;
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, end - at), at);
    return block.subarray(0, bytesRead);
  };
  let at = start;
  let block = at < end ? await readFrom(at) : blocks[0].subarray(0, 0);
  while (block.length > 0) {
    at += block.length;
    const next = at < end ? readFrom(at) : Promise.resolve(blocks[0].subarray(0, 0));
    // Its failure is told below, after `take` is done with what came before.
    next.catch(() => undefined);
    if (!(await take(block))) {
      await next.catch(() => undefined);
      return;
    }
    block = await next;
  }
}
