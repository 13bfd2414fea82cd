import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { arch, availableParallelism, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import type { Capabilities } from "#core/model/agent.ts";

/** Programs that workflows of this kind ask for; what else there is can be named by a label. */
const PROGRAMS_OF_INTEREST: readonly string[] = [
  ..."awk bash blender cargo cmake composite convert curl docker dot exiftool ffmpeg ffprobe g++ gcc gdal_translate git".split(
    " ",
  ),
  ..."go gs gzip inkscape java jq julia magick make mvn nextflow node npm nvidia-smi octave openssl pandoc pdftotext perl".split(
    " ",
  ),
  ..."php pip podman povray pwsh python3 R rsync ruby Rscript sed singularity snakemake sort sox sqlite3 ssh tar tesseract".split(
    " ",
  ),
  ..."wget xz zip zstd".split(" "),
];

/** What this machine can do. */
export async function readCapabilities(given: {
  readonly labels: readonly string[];
  /** Null: as many as there are CPUs. */
  readonly slots: number | null;
  readonly environment: NodeJS.ProcessEnv;
}): Promise<Capabilities> {
  const cpus = availableParallelism();
  return {
    labels: [...new Set(given.labels)].sort(),
    os: process.platform,
    arch: arch(),
    cpus,
    memoryBytes: totalmem(),
    gpus: await countGpus(),
    programs: await findPrograms(given.environment["PATH"] ?? ""),
    slots: given.slots ?? cpus,
    canFreeze: process.platform !== "win32",
  };
}

async function countGpus(): Promise<number> {
  try {
    return (await readdir("/dev")).filter((name) => /^nvidia[0-9]+$/.test(name)).length;
  } catch {
    // No such folder: another system, where GPUs are told by labels.
    return 0;
  }
}

async function findPrograms(path: string): Promise<readonly string[]> {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(
    PROGRAMS_OF_INTEREST.map(async (name) => ((await isIn(folders, name)) ? name : undefined)),
  );
  return found.filter((name) => name !== undefined);
}

async function isIn(folders: readonly string[], name: string): Promise<boolean> {
  for (const folder of folders) {
    try {
      await access(join(folder, process.platform === "win32" ? `${name}.exe` : name), constants.X_OK);
      return true;
    } catch {
      // Not in this one.
    }
  }
  return false;
}
