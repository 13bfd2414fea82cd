import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { keyOf, specOf, type TestLink } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { spawnerOf } from "#test/support/processes.ts";

const MIB = 2 ** 20;
/** Of a process, on top of what it had before: the kept end of an output is 4 MiB, and what is under way is bounded. */
const MAX_GROWTH_BYTES = 160 * MIB;
const MAX_GAP_MS = 2_000;
const CANCEL_WITHIN_MS = 1_500;
const BEATS = 3;

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s*([0-9]+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "latin1"))?.[1]) * 1024;
}

/** Notes when heartbeats come. */
function watchBeats(link: TestLink): number[] {
  const beats: number[] = [];
  const before = link.onMessage;
  link.onMessage = (message) => {
    if (message.kind === "heartbeat") beats.push(performance.now());
    before(message);
  };
  return beats;
}

const FLOODS = [
  ["as much as pipes carry", "exec yes 'a line that says nothing new'"],
  ["byte by byte, on both streams", `exec perl -e '$| = 1; for (;;) { syswrite STDOUT, "x"; syswrite STDERR, "y" }'`],
  ["reports without end", `exec yes '{"progress":0.5}' >&3`],
] as const;

test("[FLEET-10] a task that prints or reports without end fills no memory, delays no heartbeat, and ends at once", async (context) => {
  if (process.platform !== "linux") {
    context.skip("only Linux tells what memory a process has");
    return;
  }
  const world = await makeWorld(context, "--max-output", String(MIB));
  const link = await world.connect();
  link.takeOutput();
  const beats = watchBeats(link);
  const pids = [world.agent.pid, spawnerOf(world.agent.pid)];
  const before = pids.map(rssOf);
  for (const [index, [what, script]] of FLOODS.entries()) {
    const key = keyOf(`f${String(index)}`);
    link.assign(specOf(key.path, script, { result: "none" }));
    await link.message("started", (message) => message.key.path === key.path);
    const first = beats.length;
    await link.until("heartbeats", () => (beats.length >= first + BEATS ? true : undefined));
    const grown = pids.map((pid, at) => rssOf(pid) - (before[at] ?? 0));
    const gaps = beats.slice(first + 1).map((beat, at) => beat - (beats[first + at] ?? beat));
    const from = performance.now();
    link.send({ kind: "stop", keys: [fromAttemptKey(key)], reason: "test" });
    assert.equal((await link.outcome(key)).kind, "cancelled");
    const endedMs = performance.now() - from;
    const figures = `${what}: agent +${mib(grown[0])}, spawner +${mib(grown[1])}; beats ${gaps.map(Math.round).join(", ")} ms apart; ended in ${String(Math.round(endedMs))} ms`;
    context.diagnostic(figures);
    assert.ok(grown.every((bytes) => bytes < MAX_GROWTH_BYTES) && Math.max(...gaps) < MAX_GAP_MS, figures);
    assert.ok(endedMs < CANCEL_WITHIN_MS, figures);
  }
});

function mib(bytes = 0): string {
  return `${String(Math.round(bytes / MIB))} MiB`;
}
