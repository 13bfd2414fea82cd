import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { NodePath, RunId } from "#core/model/id.ts";
import { FRAME_HEAD_BYTES } from "#core/model/output-frame.ts";
import { MAX_CUT_MARK_BYTES, MAX_OUTPUT_BYTES } from "#core/protocol/limits.ts";
import { OutputWriter } from "#agent/spawner/output-writer.ts";
import { FileOutputStore } from "#main/persistence/file-output-store.ts";

const KEY = { run: "r-1" as RunId, path: "a[0]/b" as NodePath, fence: 3 };

function withStore(work: (store: FileOutputStore, reopen: () => FileOutputStore, folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), "lw-output-"));
  const stores: FileOutputStore[] = [];
  const open = (): FileOutputStore => {
    const store = new FileOutputStore(folder);
    stores.push(store);
    return store;
  };
  try {
    work(open(), open, folder);
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

test("[FLEET-10] asking for the output of a run that there is not leaves no trace", () => {
  withStore((store, reopen, folder) => {
    for (const run of ["r-9", "../r-9", "..", ""] as RunId[]) {
      const key = { ...KEY, run };
      assert.equal(store.newest(run, KEY.path), null);
      assert.equal(store.sizeBytes(key), 0);
      assert.deepEqual(store.read(key, 5, 9), { pieces: [], nextOffset: 5 });
    }
    assert.deepEqual(readdirSync(folder), []);
    // And nothing is remembered of it: what is written meanwhile is found.
    const other = reopen();
    other.append({ ...KEY, run: "r-9" as RunId }, 0, "stdout", base64("x"));
    assert.deepEqual(store.newest("r-9" as RunId, KEY.path), { ...KEY, run: "r-9" });
  });
});

test("the name of a run leads nowhere but to its own folder", () => {
  withStore((store, _reopen, folder) => {
    const outside = path.join(folder, "..", `${path.basename(folder)}-outside`);
    mkdirSync(outside);
    try {
      const run = `../${path.basename(outside)}` as RunId;
      assert.throws(() => store.append({ ...KEY, run }, 0, "stdout", base64("x")), /expected the id of a run/);
      store.deleteRun(run);
      store.deleteRun("." as RunId);
      assert.ok(existsSync(outside) && existsSync(folder));
      assert.deepEqual(readdirSync(outside), []);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});

const CHUNK_BYTES = 4 * 1024 * 1024;

test("[FLEET-10] what goes beyond the limit is taken and not kept", () => {
  withStore((store, reopen) => {
    const limit = MAX_OUTPUT_BYTES + MAX_CUT_MARK_BYTES;
    const chunk = Buffer.alloc(CHUNK_BYTES, "x").toString("base64");
    let offset = 0;
    while (offset < MAX_OUTPUT_BYTES) offset = store.append(KEY, offset, "stdout", chunk);
    assert.equal(offset, MAX_OUTPUT_BYTES);
    // A gap is a gap, also beyond the limit.
    assert.equal(store.append(KEY, limit + 5, "stdout", base64("gap")), MAX_OUTPUT_BYTES);
    assert.equal(store.append(KEY, offset, "stdout", chunk), MAX_OUTPUT_BYTES + CHUNK_BYTES);
    assert.equal(store.sizeBytes(KEY), limit);
    assert.equal(store.append(KEY, offset + CHUNK_BYTES, "stderr", base64("more")), offset + CHUNK_BYTES + 4);
    assert.equal(store.append(KEY, 0, "stdout", base64("xx")), limit);
    store.close(KEY);
    assert.equal(reopen().sizeBytes(KEY), limit);
    assert.deepEqual(store.read(KEY, limit - 2, 100).pieces, [{ offset: limit - 2, stream: "stdout", text: "xx" }]);
  });
});

test("[FLEET-10] all that an agent keeps of a flood fits within the limit and its mark", () => {
  withStore((_store, _reopen, folder) => {
    const limit = 64 * 1024;
    const file = path.join(folder, "frames");
    const writer = new OutputWriter(file, limit);
    for (let round = 0; round < 1_000; round += 1) writer.write("stdout", Buffer.alloc(1_000, "y"));
    writer.close();
    const frames = readFileSync(file);
    let bytes = 0;
    for (let at = 0; at < frames.length; at += FRAME_HEAD_BYTES + frames.readUInt32BE(at + 1))
      bytes += frames.readUInt32BE(at + 1);
    assert.ok(bytes > limit && bytes <= limit + MAX_CUT_MARK_BYTES, `${bytes} bytes`);
  });
});
