import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteReaderError } from "#core/protocol/byte-reader.ts";

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (left, right) => left - right,
  );
  for (const [index, place] of places.entries())
    yield await Promise.resolve(bytes.subarray(place, places[index + 1] ?? place));
}

test("[FLEET-9] lines and counted bytes come out as they went in, however the stream is cut", async () => {
  const line = fc.stringMatching(/^[a-z]{0,20}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(line, fc.uint8Array({ maxLength: 50 }))),
      fc.array(fc.nat(), { maxLength: 30 }),
      async (parts, cuts) => {
        const whole = Buffer.concat(parts.flatMap(([text, body]) => [Buffer.from(`${text}\n`), body]));
        const reader = new ByteReader(chunksOf(whole, cuts));
        for (const [text, body] of parts) {
          assert.equal(Buffer.from((await reader.line(20)) ?? []).toString(), text);
          const found: Uint8Array[] = [];
          for await (const chunk of reader.bytes(body.length)) found.push(Uint8Array.from(chunk));
          assert.deepEqual(Buffer.concat(found), Buffer.from(body));
        }
        assert.equal(await reader.line(20), null);
      },
    ),
    { numRuns: 200 },
  );
});

test("[FLEET-9] a line that is too long, and an end in the middle, are errors", async () => {
  const bytes = Buffer.from("abcdef");
  await assert.rejects(new ByteReader(chunksOf(bytes, [])).line(3), ByteReaderError);
  await assert.rejects(new ByteReader(chunksOf(bytes, [3])).line(10), ByteReaderError);
  const read = async (): Promise<void> => {
    let sizeBytes = 0;
    for await (const chunk of new ByteReader(chunksOf(bytes, [2])).bytes(7)) sizeBytes += chunk.length;
    assert.fail(`read ${sizeBytes} bytes`);
  };
  await assert.rejects(read(), ByteReaderError);
});
