/**
 * An immutable map from text to `V`: a hash array mapped trie. `with` and `without` return a new map that shares all but O(log n) with
 * the old one. Plain data, so that two maps built by the same steps are deeply equal. Iteration is in no order that means anything, but
 * the same for the same steps.
 */
export interface PersistentMap<V> {
  readonly size: number;
  readonly root: Branch<V> | null;
}

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
}

/** Keys whose hashes are equal in all 32 bits. */
interface Collision<V> {
  readonly hash: number;
  readonly leaves: readonly Leaf<V>[];
}

/** Slot `i` of the 32 is present when bit `i` of `bits` is set; `slots` holds the present ones in order. */
interface Branch<V> {
  readonly bits: number;
  readonly slots: readonly Slot<V>[];
}

type Slot<V> = Leaf<V> | Collision<V> | Branch<V>;

const BITS_PER_LEVEL = 5;
const SLOT_MASK = 31;

/** The map without entries. */
export function emptyMap<V>(): PersistentMap<V> {
  return { size: 0, root: null };
}

/** The value of a key, or undefined. */
export function mapGet<V>(map: PersistentMap<V>, key: string): V | undefined {
  const hash = hashText(key);
  let slot: Slot<V> | null = map.root;
  for (let shift = 0; slot !== null; shift += BITS_PER_LEVEL) {
    if ("key" in slot) return slot.key === key ? slot.value : undefined;
    if ("leaves" in slot) return slot.leaves.find((leaf) => leaf.key === key)?.value;
    slot = slotAt(slot, hash, shift);
  }
  return undefined;
}

/** Whether the key has a value. */
export function mapHas<V>(map: PersistentMap<V>, key: string): boolean {
  return mapGet(map, key) !== undefined;
}

/** A map in which the key has this value. `undefined` is not a value. */
export function mapWith<V>(map: PersistentMap<V>, key: string, value: V): PersistentMap<V> {
  const leaf: Leaf<V> = { hash: hashText(key), key, value };
  const root = insertInto(map.root ?? { bits: 0, slots: [] }, leaf, 0);
  return { size: map.size + (mapHas(map, key) ? 0 : 1), root };
}

/** A map without the key; the same map when it had none. */
export function mapWithout<V>(map: PersistentMap<V>, key: string): PersistentMap<V> {
  if (map.root === null || !mapHas(map, key)) return map;
  const root = removeFrom(map.root, hashText(key), key, 0);
  return {
    size: map.size - 1,
    root: root !== null && "bits" in root ? root : root === null ? null : branchOf(root, 0),
  };
}

/** Every entry once. */
export function* mapEntries<V>(map: PersistentMap<V>): Generator<readonly [string, V]> {
  if (map.root !== null) yield* slotEntries(map.root);
}

/** Every value once. */
export function* mapValues<V>(map: PersistentMap<V>): Generator<V> {
  for (const [, value] of mapEntries(map)) yield value;
}

/** Keys whose values are not the same (by identity) in both maps. Costs about as much as the maps differ: shared parts are not looked at. */
export function mapDifference<V>(before: PersistentMap<V>, after: PersistentMap<V>): string[] {
  const keys = new Set<string>();
  collectDifference(before.root, after.root, keys);
  return [...keys];
}

/** 32 bits of FNV-1a over the UTF-16 units, with a final mix so that near keys part early. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function bitOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & SLOT_MASK);
}

function countBits(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function indexOf(bits: number, bit: number): number {
  return countBits(bits & (bit - 1));
}

function slotAt<V>(branch: Branch<V>, hash: number, shift: number): Slot<V> | null {
  const bit = bitOf(hash, shift);
  return (branch.bits & bit) === 0 ? null : (branch.slots[indexOf(branch.bits, bit)] ?? null);
}

function branchOf<V>(slot: Leaf<V> | Collision<V>, shift: number): Branch<V> {
  return { bits: bitOf(slot.hash, shift), slots: [slot] };
}

function insertInto<V>(branch: Branch<V>, leaf: Leaf<V>, shift: number): Branch<V> {
  const bit = bitOf(leaf.hash, shift);
  const index = indexOf(branch.bits, bit);
  const present = (branch.bits & bit) === 0 ? null : (branch.slots[index] ?? null);
  if (present === null) return { bits: branch.bits | bit, slots: branch.slots.toSpliced(index, 0, leaf) };
  return { bits: branch.bits, slots: branch.slots.with(index, insertBeside(present, leaf, shift + BITS_PER_LEVEL)) };
}

function insertBeside<V>(slot: Slot<V>, leaf: Leaf<V>, shift: number): Slot<V> {
  if ("bits" in slot) return insertInto(slot, leaf, shift);
  if ("key" in slot && slot.key === leaf.key) return leaf;
  if (slot.hash !== leaf.hash) return insertInto(branchOf(slot, shift), leaf, shift);
  const others = "key" in slot ? [slot] : slot.leaves.filter((other) => other.key !== leaf.key);
  return { hash: leaf.hash, leaves: [...others, leaf] };
}

/** What is left of a slot; a branch with a single leaf or collision becomes that, so that equal histories end in small tries. */
function removeFrom<V>(slot: Slot<V>, hash: number, key: string, shift: number): Slot<V> | null {
  if ("key" in slot) return null;
  if ("leaves" in slot) {
    const leaves = slot.leaves.filter((leaf) => leaf.key !== key);
    const [only] = leaves;
    return leaves.length === 1 && only !== undefined ? only : { hash: slot.hash, leaves };
  }
  const bit = bitOf(hash, shift);
  const index = indexOf(slot.bits, bit);
  const child = slot.slots[index];
  if (child === undefined) return slot;
  const left = removeFrom(child, hash, key, shift + BITS_PER_LEVEL);
  const slots = left === null ? slot.slots.toSpliced(index, 1) : slot.slots.with(index, left);
  const [only] = slots;
  if (only === undefined) return null;
  if (slots.length === 1 && !("bits" in only)) return only;
  return { bits: left === null ? slot.bits & ~bit : slot.bits, slots };
}

function* slotEntries<V>(slot: Slot<V>): Generator<readonly [string, V]> {
  if ("key" in slot) yield [slot.key, slot.value];
  else if ("leaves" in slot) for (const leaf of slot.leaves) yield [leaf.key, leaf.value];
  else for (const child of slot.slots) yield* slotEntries(child);
}

function collectDifference<V>(before: Slot<V> | null, after: Slot<V> | null, keys: Set<string>): void {
  if (before === after) return;
  if (before !== null && after !== null && "bits" in before && "bits" in after) {
    for (let bit = 1, position = 0; position <= SLOT_MASK; position += 1, bit <<= 1)
      collectDifference(presentAt(before, bit), presentAt(after, bit), keys);
    return;
  }
  const old = new Map(before === null ? [] : slotEntries(before));
  const young = new Map(after === null ? [] : slotEntries(after));
  for (const [key, value] of old) if (young.get(key) !== value) keys.add(key);
  for (const [key, value] of young) if (old.get(key) !== value) keys.add(key);
}

function presentAt<V>(branch: Branch<V>, bit: number): Slot<V> | null {
  return (branch.bits & bit) === 0 ? null : (branch.slots[indexOf(branch.bits, bit)] ?? null);
}
