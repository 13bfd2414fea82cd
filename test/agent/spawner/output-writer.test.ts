import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FRAME_HEAD_BYTES, type StreamName, toStreamName } from "#core/model/output-frame.ts";
import { OutputWriter } from "#agent/spawner/output-writer.ts";
import { TailRing } from "#agent/spawner/tail-ring.ts";
import { makeFolder } from "#test/support/agent-process.ts";

const LIMIT = 64 * 1024;
const STREAMS = ["stdout", "stderr"] as const;

interface Piece {
  readonly stream: StreamName;
  readonly bytes: Buffer;
}

/** Every byte tells where it was in the whole. */
function makePieces(
  total: number,
  sizeOf: (index: number) => number,
  streamOf: (index: number) => StreamName,
): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0, index = 0; at < total; index += 1) {
    const bytes = Buffer.alloc(Math.min(sizeOf(index), total - at));
    for (let offset = 0; offset < bytes.length; offset += 1) bytes[offset] = (at + offset) % 251;
    pieces.push({ stream: streamOf(index), bytes });
    at += bytes.length;
  }
  return pieces;
}

function readFrames(path: string): Piece[] {
  const file = readFileSync(path);
  const frames: Piece[] = [];
  for (let at = 0; at < file.length;) {
    const stream = toStreamName(file.readUInt8(at)) ?? assert.fail(`no frame at ${String(at)}`);
    const end = at + FRAME_HEAD_BYTES + file.readUInt32BE(at + 1);
    frames.push({ stream, bytes: file.subarray(at + FRAME_HEAD_BYTES, end) });
    at = end;
  }
  return frames;
}

const textOf = (pieces: readonly Piece[], stream: StreamName): Buffer =>
  Buffer.concat(pieces.filter((piece) => piece.stream === stream).map(({ bytes }) => bytes));

test("[FLEET-10] output in pieces of any size is kept whole up to the limit, and past it its beginning and its end", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const sizes = [() => 1, () => 70_000, (index: number) => 1 + ((index * 7_919) % 3_000)];
  for (const [number, sizeOf] of sizes.entries()) {
    for (const total of [0, 1, LIMIT - 1, LIMIT - 6, LIMIT + 1, 3 * LIMIT + 17]) {
      const pieces = makePieces(total, sizeOf, () => "stdout");
      const path = join(folder.path, `${String(number)}-${String(total)}`);
      const writer = new OutputWriter(path, LIMIT);
      for (const { stream, bytes } of pieces) writer.write(stream, bytes);
      writer.close();
      const frames = readFrames(path);
      assert.ok(frames.every(({ bytes }) => bytes.length <= 64 * 1024));
      const all = textOf(pieces, "stdout");
      const kept = textOf(frames, "stdout");
      const cut = Number(/([0-9]+) bytes of output were cut/.exec(textOf(frames, "stderr").toString())?.[1] ?? 0);
      assert.equal(kept.length + cut, total);
      assert.ok(
        kept.length <= LIMIT && (cut === 0 || kept.length > LIMIT - 100),
        `${String(kept.length)} of ${String(total)}`,
      );
      const head = cut === 0 ? total : Math.floor((LIMIT / 16) * 15);
      assert.ok(kept.subarray(0, head).equals(all.subarray(0, head)), "the beginning");
      assert.ok(kept.subarray(head).equals(all.subarray(total - (kept.length - head))), "the end");
    }
  }
});

test("[FLEET-10] what is taken is in the file after a flush, each stream in its order", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const path = join(folder.path, "log");
  const writer = new OutputWriter(path, LIMIT);
  const pieces = makePieces(
    3_000,
    (index) => 1 + (index % 5),
    (index) => STREAMS[Math.floor(index / 3) % 2] ?? "stdout",
  );
  for (const { stream, bytes } of pieces) assert.equal(writer.write(stream, bytes), true);
  writer.flush();
  const frames = readFrames(path);
  for (const stream of STREAMS) assert.deepEqual(textOf(frames, stream), textOf(pieces, stream));
  // Small pieces went together, and none past one of the other stream.
  assert.ok(frames.length < pieces.length / 2);
  writer.close();
});

test("[FLEET-10] the end of a flood takes a fixed piece of memory, however small its pieces and however they alternate", () => {
  const ring = new TailRing(1_000);
  const pieces = makePieces(
    20_000,
    (index) => 1 + ((index * 31) % 9),
    (index) => STREAMS[(index >> (index % 3)) % 2] ?? "stdout",
  );
  for (const { stream, bytes } of pieces) ring.push(stream, bytes);
  const { droppedBytes } = ring;
  const kept = ring.drain();
  const sum = kept.reduce((bytes, piece) => bytes + piece.bytes.length, 0);
  assert.equal(sum + droppedBytes, 20_000);
  assert.ok(sum > 200 && sum <= 1_000, `${String(sum)} bytes were kept`);
  for (const stream of STREAMS) {
    const all = textOf(pieces, stream);
    const own = textOf(kept, stream);
    assert.ok(own.equals(all.subarray(all.length - own.length)));
  }
  assert.deepEqual(ring.drain(), []);
  ring.push("stdout", Buffer.alloc(5_000, "x"));
  assert.equal(ring.drain()[0]?.bytes.length, 995);
});
