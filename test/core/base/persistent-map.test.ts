import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  emptyMap,
  hashText,
  mapDifference,
  mapEntries,
  mapGet,
  mapHas,
  mapWith,
  mapWithout,
  type PersistentMap,
} from "#core/base/persistent-map.ts";

// Keys of one or two of few letters, so that the same ones come again, and two whose hashes are equal in all bits.
const [TWIN, OTHER_TWIN] = findTwins();
const key = fc.oneof(fc.string({ minLength: 1, maxLength: 3 }), fc.constantFrom("a", "b", TWIN, OTHER_TWIN));
const steps = fc.array(fc.tuple(key, fc.option(fc.nat(9), { nil: null })), { maxLength: 200 });

function findTwins(): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let index = 0; ; index += 1) {
    const text = `k${index}`;
    const twin = seen.get(hashText(text));
    if (twin !== undefined) return [twin, text];
    seen.set(hashText(text), text);
  }
}

function apply(map: PersistentMap<number>, [text, value]: readonly [string, number | null]): PersistentMap<number> {
  return value === null ? mapWithout(map, text) : mapWith(map, text, value);
}

test("[RUN-2] a persistent map agrees with a plain one after any steps, and old versions stay as they were", () => {
  const property = fc.property(steps, (taken) => {
    const model = new Map<string, number>();
    let map = emptyMap<number>();
    const versions: [PersistentMap<number>, [string, number][]][] = [];
    for (const step of taken) {
      map = apply(map, step);
      if (step[1] === null) model.delete(step[0]);
      else model.set(step[0], step[1]);
      versions.push([map, [...model]]);
    }
    for (const [version, entries] of versions) {
      assert.equal(version.size, entries.length);
      assert.deepEqual(new Map(mapEntries(version)), new Map(entries));
      for (const [text, value] of entries) assert.equal(mapGet(version, text), value);
    }
    assert.equal(mapHas(map, "no such key"), false);
  });
  fc.assert(property);
});

test("[RUN-2] the difference of two maps names just the keys whose values differ", () => {
  const property = fc.property(steps, steps, (first, second) => {
    const before = first.reduce(apply, emptyMap<number>());
    const after = second.reduce(apply, before);
    const keys = new Set([...first, ...second].map(([text]) => text));
    const expected = [...keys].filter((text) => mapGet(before, text) !== mapGet(after, text));
    assert.deepEqual(new Set(mapDifference(before, after)), new Set(expected));
  });
  fc.assert(property);
});

test("[RUN-2] the same steps make deeply equal maps", () => {
  const property = fc.property(steps, (taken) => {
    assert.deepEqual(taken.reduce(apply, emptyMap<number>()), taken.reduce(apply, emptyMap<number>()));
  });
  fc.assert(property);
});
