import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { planCollection } from "#main/coordinator/collecting.ts";

function file(name: string, digit: string): FileRef {
  return { name, sha256: digit.repeat(64) as Sha256, sizeBytes: 1 };
}

function plan(to: string, files: FileRef[]): string[] {
  return planCollection([{ to, files }]).map((one) => `${one.to}=${one.file.sha256[0] ?? ""}`);
}

test("[FLEET-9] files go into a folder by their base name; different ones of one name are told apart", () => {
  assert.deepEqual(plan("out/", [file("a/x.png", "1"), file("b/x.png", "2"), file("b/x.png", "1"), file("y", "3")]), [
    "out/x.png=1",
    "out/x-2.png=2",
    "out/y=3",
  ]);
});

test("[FLEET-9] a place that is no folder takes exactly one file", () => {
  assert.deepEqual(plan("p.ppm", [file("x", "1")]), ["p.ppm=1"]);
  assert.throws(() => plan("p.ppm", []), /exactly one file, found 0/);
  assert.throws(() => plan("p.ppm", [file("x", "1"), file("y", "2")]), /found 2/);
});
