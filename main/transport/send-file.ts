import type { FileRef } from "#core/model/run.ts";
import { openForReading, readBlocks } from "./file-blocks.ts";
import type { FileConnection } from "./file-connection.ts";
import { FileDeskError, toLocalError } from "./file-desk-error.ts";
import { hashFile } from "./hash-file.ts";

/** Sends the file at `path` over a connection of its own, unless the agent has it. */
export async function sendFile(connection: FileConnection, path: string, file: FileRef): Promise<void> {
  const reply = await connection.ask({ kind: "put", sha256: file.sha256, sizeBytes: file.sizeBytes });
  if (reply.kind === "stored") return;
  if (reply.kind !== "send") throw new FileDeskError("protocol", `expected send or stored, found ${reply.kind}`);
  // Listened for from the start: an agent that refuses in the middle closes the connection.
  const answer = connection.answer();
  let isAnswered = false;
  answer.catch(() => undefined).finally(() => (isAnswered = true));
  let sent = reply.offset;
  try {
    await readContent(path, file, sent, async (block) => {
      if (isAnswered) return false;
      await connection.write(block);
      sent += block.length;
      return !isAnswered;
    });
  } catch (error) {
    if (!isAnswered) throw error;
  }
  if (!isAnswered && sent < file.sizeBytes) throw changed(file);
  try {
    await answer;
  } catch (error) {
    const isCorrupt = error instanceof FileDeskError && error.code === "corrupt";
    // Whose bytes are wrong: those of this machine, or those of the agent.
    if (isCorrupt && (await hashFile(path, file.name)).sha256 !== file.sha256) throw changed(file);
    throw error;
  }
}

/** The file's bytes, not beyond the size it had when it was hashed, even if it has grown. */
async function readContent(
  path: string,
  file: FileRef,
  start: number,
  take: (block: Uint8Array) => Promise<boolean>,
): Promise<void> {
  try {
    const opened = await openForReading(path);
    try {
      await readBlocks(opened, { start, end: file.sizeBytes }, take);
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw toLocalError(error, `the file ${JSON.stringify(file.name)} cannot be read`, "changed");
  }
}

function changed(file: FileRef): FileDeskError {
  return new FileDeskError(
    "changed",
    `the file ${JSON.stringify(file.name)} changed while the run used it; start the run again`,
  );
}
