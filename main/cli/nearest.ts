/** Names further away than this share of their length are no near miss. */
const MAX_DISTANCE_SHARE = 0.4;
const MAX_LENGTH = 64;

/** The name that `text` was probably meant to be, or null. */
export function nearest(text: string, names: readonly string[]): string | null {
  if (text.length > MAX_LENGTH) return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (name.length > MAX_LENGTH) continue;
    const distance = editDistance(text, name);
    if (distance < bestDistance && distance <= Math.max(1, name.length * MAX_DISTANCE_SHARE)) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
