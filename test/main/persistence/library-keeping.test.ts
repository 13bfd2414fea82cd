import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { libraryNameProblem } from "#core/model/library-name.ts";
import { FolderLibrary } from "#main/persistence/folder-library.ts";

function libraryOf(context: TestContext): { readonly library: FolderLibrary; readonly own: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-library-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, "samples"));
  writeFileSync(path.join(folder, "samples", "hello.yaml"), "sample");
  const own = path.join(folder, "library");
  return { library: new FolderLibrary([own, path.join(folder, "samples")], path.join(folder, "out")), own };
}

const textOf = (library: FolderLibrary, name: string): string => {
  const read = library.read({ kind: "library", name });
  return read.ok ? read.value.text : read.error;
};

test("[WIN-22] a workflow is written whole, and only over the text its writer has seen", async (context) => {
  const { library, own } = libraryOf(context);
  assert.deepEqual(await library.save("缩略图 1", "one", null), { ok: true, value: undefined });
  const twice = await library.save("缩略图 1", "two", null);
  assert.equal(twice.ok ? "" : twice.error.code, "exists");
  const stale = await library.save("缩略图 1", "two", "never there");
  assert.equal(stale.ok ? "" : stale.error.code, "changed");
  assert.ok((await library.save("缩略图 1", "two", "one")).ok);
  assert.equal(textOf(library, "缩略图 1"), "two");
  assert.deepEqual(readdirSync(own), ["缩略图 1.yaml"]);
});

test("[WIN-22] an own workflow hides a sample of its name, and the sample is back when it is removed", async (context) => {
  const { library } = libraryOf(context);
  assert.ok((await library.save("hello", "mine", null)).ok);
  assert.equal(textOf(library, "hello"), "mine");
  const removed = await library.remove("hello");
  assert.ok(removed.ok);
  assert.equal(textOf(library, "hello"), "sample");
  const sample = await library.remove("hello");
  assert.equal(sample.ok ? "" : sample.error.code, "not-own");
  assert.deepEqual(await library.restore(removed.value), { ok: true, value: "hello" });
  assert.equal(textOf(library, "hello"), "mine");
  const again = await library.restore(removed.value);
  assert.equal(again.ok ? "" : again.error.code, "not-found");
});

test("[WIN-22] a name that is no file's name on some system is refused, and nothing is written", async (context) => {
  const { library, own } = libraryOf(context);
  mkdirSync(own);
  const names = [
    "",
    "..",
    "../x",
    "a/b",
    "a\\b",
    ".hidden",
    "con",
    "COM1.x",
    "x ",
    "x.",
    "a\u0000b",
    "a\nb",
    "a:b",
    "x".repeat(201),
  ];
  for (const name of names) {
    const saved = await library.save(name, "text", null);
    assert.equal(saved.ok ? `“${name}” was taken` : saved.error.code, "bad-name");
  }
  for (const kept of ["../hello.yaml", "", ".", "1-x.yaml"]) assert.ok(!(await library.restore(kept)).ok);
  assert.deepEqual(readdirSync(own), []);
  assert.equal(libraryNameProblem("picture (2)"), null);
});
