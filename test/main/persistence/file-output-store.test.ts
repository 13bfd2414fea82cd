import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { NodePath, RunId } from "#core/model/id.ts";
import { FileOutputStore } from "#main/persistence/file-output-store.ts";

const KEY = { run: "r-1" as RunId, path: "a[0]/b" as NodePath, fence: 3 };

function withStore(work: (store: FileOutputStore, reopen: () => FileOutputStore) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-output-"));
  const stores: FileOutputStore[] = [];
  const open = (): FileOutputStore => {
    const store = new FileOutputStore(folder);
    stores.push(store);
    return store;
  };
  try {
    work(open(), open);
  } finally {
    for (const store of stores) store.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

test("[FLEET-10] output comes back by stream, in the order it came", () => {
  withStore((store) => {
    assert.equal(store.append(KEY, 0, "stdout", base64("one\n")), 4);
    assert.equal(store.append(KEY, 4, "stderr", base64("two\n")), 8);
    assert.equal(store.append(KEY, 8, "stdout", base64("three")), 13);
    assert.deepEqual(store.read(KEY, 0, 100), {
      pieces: [
        { offset: 0, stream: "stdout", text: "one\n" },
        { offset: 4, stream: "stderr", text: "two\n" },
        { offset: 8, stream: "stdout", text: "three" },
      ],
      nextOffset: 13,
    });
    assert.deepEqual(store.read(KEY, 6, 4).pieces, [
      { offset: 6, stream: "stderr", text: "o\n" },
      { offset: 8, stream: "stdout", text: "th" },
    ]);
  });
});

test("[FLEET-10] what is sent again is kept once, and a gap is not taken", () => {
  withStore((store) => {
    store.append(KEY, 0, "stdout", base64("abcd"));
    assert.equal(store.append(KEY, 2, "stdout", base64("cdef")), 6);
    assert.equal(store.append(KEY, 0, "stdout", base64("ab")), 6);
    assert.equal(store.append(KEY, 9, "stdout", base64("zzz")), 6);
    assert.deepEqual(store.read(KEY, 0, 100).pieces, [{ offset: 0, stream: "stdout", text: "abcdef" }]);
  });
});

test("a character is never cut in two", () => {
  withStore((store) => {
    const text = "中文 and 🎈";
    const bytes = Buffer.byteLength(text);
    store.append(KEY, 0, "stdout", base64(text));
    for (let step = 4; step < 9; step++) {
      let whole = "";
      for (let offset = 0; offset < bytes;) {
        const { pieces, nextOffset } = store.read(KEY, offset, step);
        whole += pieces.map((piece) => piece.text).join("");
        assert.ok(nextOffset > offset);
        offset = nextOffset;
      }
      assert.equal(whole, text);
    }
  });
});

test("[RUN-8] output is there after the store is opened again, and gone with its run", () => {
  withStore((store, reopen) => {
    store.append(KEY, 0, "stderr", base64("kept"));
    store.close(KEY);
    const again = reopen();
    assert.deepEqual(again.read(KEY, 0, 9).pieces, [{ offset: 0, stream: "stderr", text: "kept" }]);
    assert.equal(again.append(KEY, 4, "stderr", base64("!")), 5);
    again.deleteRun(KEY.run);
    assert.equal(again.sizeBytes(KEY), 0);
  });
});
