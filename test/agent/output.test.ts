import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AttemptSpec } from "#core/model/attempt.ts";
import { OUTPUT_WINDOW_BYTES } from "#core/protocol/messages.ts";
import { RUN, keyOf, specOf } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";

const LIMIT = 1024 * 1024;
const FLOOD_MB = 300;

function floodSpec(path: string): AttemptSpec {
  const script = `echo first-line; head -c ${FLOOD_MB}000000 /dev/zero | tr '\\0' x; echo; echo last-line`;
  return specOf(path, script, { result: "none" });
}

test("[FLEET-10] a flood of output is cut in the middle and marked, and heartbeats keep coming", async (context) => {
  const world = await makeWorld(context, "--max-output", String(LIMIT));
  const link = await world.connect();
  const beats: number[] = [];
  const taken = link.takeOutput();
  const take = link.onMessage;
  link.onMessage = (message) => {
    if (message.kind === "heartbeat") beats.push(performance.now());
    take(message);
  };
  link.assign(floodSpec("a"));
  assert.equal((await link.outcome(keyOf("a"))).kind, "success");
  await link.until("last line", () => (taken.get("a")?.stdout.endsWith("\nlast-line\n") ? true : undefined));
  const { stdout = "", stderr = "", sizeBytes = 0 } = taken.get("a") ?? {};
  assert.ok(stdout.startsWith("first-line\nxxx"));
  assert.match(stderr, /\[lanweave: [0-9]+ bytes of output were cut here\]/);
  const cut = Number(/([0-9]+) bytes/.exec(stderr)?.[1]);
  assert.equal(stdout.length + cut, FLOOD_MB * 1_000_000 + "first-line\n\nlast-line\n".length);
  assert.ok(sizeBytes <= LIMIT + 200, `${sizeBytes} bytes were kept`);
  const gaps = beats.slice(1).map((beat, index) => beat - (beats[index] ?? beat));
  assert.ok(Math.max(...gaps, 0) < 3_000, `heartbeats came ${gaps.map(Math.round).join(", ")} ms apart`);
});

test("[FLEET-10] no more output is under way than the window while the app takes none", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "head -c 20000000 /dev/zero; echo end >&2", { result: "none" }));
  await link.outcome(keyOf("a"));
  const from = link.all("heartbeat").length;
  await link.until("two heartbeats", () => (link.all("heartbeat").length >= from + 2 ? true : undefined));
  const bytes = link.all("output").reduce((sum, { base64 }) => sum + Buffer.from(base64, "base64").length, 0);
  assert.ok(bytes > 0 && bytes <= OUTPUT_WINDOW_BYTES, `${bytes} bytes were sent`);
  // The rest waits on the disk, and comes as soon as it is taken.
  const [log = ""] = await readdir(join(world.agent.data, "logs"));
  assert.ok((await stat(join(world.agent.data, "logs", log))).size > 20_000_000);
  link.close();
  const second = await world.connect();
  const taken = second.takeOutput();
  second.send({ kind: "output-taken", key: { run: RUN, path: "a", fence: 1 }, offset: 0 });
  await second.until("all output", () => (taken.get("a")?.sizeBytes === 20_000_004 ? true : undefined));
  assert.equal(taken.get("a")?.stderr, "end\n");
});
