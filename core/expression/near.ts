const MAX_COMPARED = 64;

/** The candidate that was most likely meant by `word`: at most a third of its letters differ. Null when none is near. */
export function findNear(word: string, candidates: Iterable<string>, excluded: string = word): string | null {
  let best: string | null = null;
  let bestDistance = (word.length > 1 ? Math.max(1, Math.floor(word.length / 3)) : 0) + 1;
  for (const candidate of candidates) {
    if (candidate === excluded) continue;
    const distance = candidate.toLowerCase() === word.toLowerCase() ? 0 : distanceOf(word, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Edits (insert, remove, replace, swap of neighbours) from one word to the other; `limit` or more reads as `limit`. */
function distanceOf(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > MAX_COMPARED || b.length > MAX_COMPARED) return limit;
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [older, previous] = [previous, row];
  }
  return previous[b.length] ?? limit;
}
