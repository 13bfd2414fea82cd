import { readFile } from "node:fs/promises";
import type { ScriptContext } from "lanweave";
import { splitWords } from "./split-words.ts";

type Counts = Readonly<Record<string, number>>;

/** How often each word is in a text of the working directory. */
export async function count({ file }: { readonly file: string }, ctx: ScriptContext): Promise<Counts> {
  const lines = (await readFile(file, "utf8")).split("\n");
  const counts = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    for (const word of splitWords(line)) counts.set(word, (counts.get(word) ?? 0) + 1);
    if (index % 1_000 === 0) ctx.progress(index / lines.length);
  }
  ctx.metric.counter(
    "words",
    [...counts.values()].reduce((sum, times) => sum + times, 0),
  );
  ctx.log.info(`${file} has ${counts.size} different words`);
  return Object.fromEntries(counts);
}

/** The most frequent words of all texts together, as `[word, times]`. */
export function top(
  { counts, top }: { readonly counts: readonly Counts[]; readonly top: number },
  ctx: ScriptContext,
): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const one of counts)
    for (const [word, times] of Object.entries(one)) sums.set(word, (sums.get(word) ?? 0) + times);
  const sorted = [...sums].sort(([left, a], [right, b]) => b - a || left.localeCompare(right));
  const [first] = sorted;
  if (first !== undefined) ctx.event("most frequent", { word: first[0], times: first[1] });
  return sorted.slice(0, top);
}
