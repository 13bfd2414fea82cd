import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataFolderError } from "./data-folder-error.ts";

/** What the shortest system (macOS) takes as a socket's path, without the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103;
const DIGEST_LENGTH = 16;

/**
 * Where a data folder's socket lies: in it, when the path is not too long for a socket; otherwise in a folder of the user's own, by
 * the digest of the path. On Windows a named pipe, which the system's default rules give to its user and the administrators.
 */
export function socketPlace(dataDir: string): string {
  const digest = createHash("sha256").update(dataDir).digest("hex").slice(0, DIGEST_LENGTH);
  if (process.platform === "win32") return `\\\\.\\pipe\\lanweave-${digest}`;
  const inside = join(dataDir, "coordinator.sock");
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return inside;
  return join(privateFolder(), `${digest}.sock`);
}

function privateFolder(): string {
  const user = process.getuid?.() ?? 0;
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const candidates = runtime?.startsWith("/") === true ? [runtime, tmpdir(), "/tmp"] : [tmpdir(), "/tmp"];
  const longest = `lanweave-${user}/${"0".repeat(DIGEST_LENGTH)}.sock`;
  const parent =
    candidates.find((folder) => Buffer.byteLength(join(folder, longest)) <= MAX_SOCKET_PATH_BYTES) ?? "/tmp";
  const folder = join(parent, `lanweave-${user}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Anybody may have made this name in a shared folder before us: a link, or a folder that is not ours, is not used.
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== user) {
    throw new DataFolderError(
      `${folder} is not a folder of this user: remove it, or use a data folder with a shorter path`,
    );
  }
  chmodSync(folder, 0o700);
  return folder;
}
