/** An immutable queue by priority: a leftist heap. Plain data; insertion and removal of the first cost O(log n) and share the rest. */
export type PersistentHeap<T> = HeapNode<T> | null;

interface HeapNode<T> {
  readonly value: T;
  /** Length of the right spine, which keeps merging logarithmic. */
  readonly rank: number;
  readonly left: PersistentHeap<T>;
  readonly right: PersistentHeap<T>;
}

/** Negative when `a` comes first. Must be the same for all operations on one heap. */
export type Compare<T> = (a: T, b: T) => number;

/** A heap with one more value. Equal values are all kept. */
export function heapWith<T>(heap: PersistentHeap<T>, value: T, compare: Compare<T>): PersistentHeap<T> {
  return merge(heap, { value, rank: 1, left: null, right: null }, compare);
}

/** A heap without its first value. */
export function heapRest<T>(heap: HeapNode<T>, compare: Compare<T>): PersistentHeap<T> {
  return merge(heap.left, heap.right, compare);
}

/** Every value, first to last, as far as it is asked for: k of them cost O(k log n). */
export function* heapInOrder<T>(heap: PersistentHeap<T>, compare: Compare<T>): Generator<T> {
  for (let rest = heap; rest !== null; rest = heapRest(rest, compare)) yield rest.value;
}

/** Recursion goes down right spines only, which are at most log2 of the size long. */
function merge<T>(a: PersistentHeap<T>, b: PersistentHeap<T>, compare: Compare<T>): PersistentHeap<T> {
  if (a === null) return b;
  if (b === null) return a;
  const [first, second] = compare(a.value, b.value) <= 0 ? [a, b] : [b, a];
  const merged = merge(first.right, second, compare);
  const [left, right] = rankOf(first.left) >= rankOf(merged) ? [first.left, merged] : [merged, first.left];
  return { value: first.value, rank: rankOf(right) + 1, left, right };
}

function rankOf<T>(heap: PersistentHeap<T>): number {
  return heap === null ? 0 : heap.rank;
}
