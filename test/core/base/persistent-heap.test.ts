import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { heapInOrder, heapRest, heapWith, type PersistentHeap } from "#core/base/persistent-heap.ts";

const ascending = (a: number, b: number): number => a - b;

function heapOf(values: readonly number[]): PersistentHeap<number> {
  return values.reduce<PersistentHeap<number>>((heap, value) => heapWith(heap, value, ascending), null);
}

test("[FLEET-7] a heap gives its values in order, equal ones as often as they came, and stays as it was", () => {
  const property = fc.property(fc.array(fc.integer()), (values) => {
    const heap = heapOf(values);
    const sorted = values.toSorted(ascending);
    assert.deepEqual([...heapInOrder(heap, ascending)], sorted);
    if (heap !== null) assert.deepEqual([...heapInOrder(heapRest(heap, ascending), ascending)], sorted.slice(1));
    assert.deepEqual([...heapInOrder(heap, ascending)], sorted);
  });
  fc.assert(property);
});

test("[FLEET-7] a heap filled in order does not overflow the stack", () => {
  const values = Array.from({ length: 100_000 }, (_, index) => index);
  let heap = heapOf(values);
  heap = heap === null ? null : heapRest(heap, ascending);
  assert.equal(heap?.value, 1);
});
