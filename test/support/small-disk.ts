import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const FILLER = "filler";
const PIECE_BYTES = 4_096;

/** Why no small disk can be made here, or false: the `skip` of a test. */
export const noSmallDisk: string | false =
  process.platform === "linux" && process.getuid?.() === 0 ? false : "mounting a small disk needs root on Linux";

/** A folder on a disk of its own, which can be filled; and a folder beside it on the disk of all. */
export class SmallDisk {
  readonly folder: string;
  readonly beside: string;
  readonly #root: string;

  constructor(megabytes: number) {
    this.#root = mkdtempSync(path.join(tmpdir(), "lw-disk-"));
    this.folder = path.join(this.#root, "disk");
    this.beside = path.join(this.#root, "beside");
    mkdirSync(this.folder, { mode: 0o700 });
    mkdirSync(this.beside, { mode: 0o700 });
    const options = `size=${String(megabytes)}m,mode=0700`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "lanweave-test", this.folder]);
  }

  /** To the last byte. */
  fill(): void {
    const filler = path.join(this.folder, FILLER);
    const { bavail, bsize } = statfsSync(this.folder);
    try {
      appendFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - PIECE_BYTES)));
      for (;;) appendFileSync(filler, Buffer.alloc(PIECE_BYTES));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  free(): void {
    rmSync(path.join(this.folder, FILLER), { force: true });
  }

  /** Once nobody uses it any more. */
  dispose(): void {
    execFileSync("umount", [this.folder]);
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}
