import type { EpochMs, RunId } from "#core/model/id.ts";

/** `20261123-204512-k3f9`: sorts by creation and can be read aloud. `chance` is in [0, 1). */
export function mintRunId(now: EpochMs, chance: number): RunId {
  const [date = "", time = ""] = new Date(now).toISOString().split("T");
  const tail = Math.floor(chance * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${tail}` as RunId;
}
