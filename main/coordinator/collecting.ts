import type { CancelSignal } from "#core/base/cancel.ts";
import type { Collection } from "#core/engine/command.ts";
import type { FileRef } from "#core/model/run.ts";
import { type DeliveryPorts, toGone } from "./delivery.ts";

/** Where one file goes: `to` is relative to the run's out folder, `/` between folders. */
export interface CollectedFile {
  readonly to: string;
  readonly file: FileRef;
}

/**
 * What `collect` puts where. Into a folder (`to` ends in `/`) files go by their base name; different files of one name are told
 * apart by `-2`, `-3` … in the order given. Anything else takes exactly one file. Throws when that does not hold. Rule FLEET-9.
 */
export function planCollection(entries: readonly Collection[]): readonly CollectedFile[] {
  const taken = new Map<string, string>();
  const plan: CollectedFile[] = [];
  for (const { to, files } of entries) {
    if (!to.endsWith("/")) {
      const [file, second] = files;
      if (file === undefined || second !== undefined) {
        throw new Error(
          `collect: “${to}” takes exactly one file, found ${String(files.length)}; end it in “/” to collect into a folder`,
        );
      }
      plan.push({ to, file });
      continue;
    }
    for (const file of files) {
      const name = freeName(to, file, taken);
      if (taken.get(name) === file.sha256) continue;
      taken.set(name, file.sha256);
      plan.push({ to: name, file });
    }
  }
  return plan;
}

function freeName(folder: string, file: FileRef, taken: ReadonlyMap<string, string>): string {
  const base = file.name.slice(file.name.lastIndexOf("/") + 1);
  const dot = base.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [base.slice(0, dot), base.slice(dot)] : [base, ""];
  for (let count = 1; ; count++) {
    const name = `${folder}${count === 1 ? base : `${stem}-${String(count)}${extension}`}`;
    const holder = taken.get(name);
    if (holder === undefined || holder === file.sha256) return name;
  }
}

/** Brings the files home, one after the other. Rejects with an error that names the file that could not be had. */
export async function bringHome(
  plan: readonly CollectedFile[],
  outFolder: string,
  ports: DeliveryPorts,
  signal: CancelSignal,
): Promise<void> {
  for (const { to, file } of plan) {
    const holders = ports.holders.of(file.sha256).flatMap((agent) => ports.target(agent) ?? []);
    if (holders.length === 0) throw new Error(toGone(file, ports.maker(file)));
    await ports.files.fetch(holders, file.sha256, file.sizeBytes, `${outFolder}/${to}`, signal);
  }
}
