import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId } from "#core/model/id.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";

const LENGTHS: Readonly<Record<string, number>> = {
  a: 1_000,
  b: 1_000,
  c: 1_000,
  d: 1_000,
  e: 1_000,
  f: 1_000,
  long: 4_000,
};
const FAN = `
lanweave: 1
name: fan
nodes:
  - id: all
    type: parallel
    nodes:
${["a", "b", "c", "d", "e", "f", "long"].map((id) => `      - { id: ${id}, type: task, argv: [x] }`).join("\n")}
`;
const STEP_MS = 100;

/** Plays a run on an agent whose tasks take their length. Returns in which order they were given to it, and how long all took. */
async function play(
  lan: MemoryLan,
): Promise<{ readonly order: readonly string[]; readonly ms: number; readonly run: RunId }> {
  const [agent] = lan.agents;
  assert.ok(agent !== undefined);
  const before = agent.assignments().length;
  const run = await lan.start("fan");
  const begin = lan.clock.monotonicMs();
  const due = new Map<string, number>();
  for (let state = "running"; state === "running"; state = (await lan.show(run)).state) {
    const now = lan.clock.monotonicMs();
    for (const { key } of agent.assignments().slice(before)) {
      const id = key.path.replace("all/", "");
      const at = due.get(id) ?? now + (LENGTHS[id] ?? 0);
      due.set(id, at);
      if (at > now) continue;
      due.set(id, Infinity);
      agent.end(key as Parameters<typeof agent.end>[0], {
        kind: "success",
        result: "",
        files: [],
        executionMs: LENGTHS[id] ?? 0,
      });
    }
    await lan.advance(STEP_MS);
  }
  const order = agent
    .assignments()
    .slice(before)
    .map(({ key }) => key.path.replace("all/", ""));
  return { order, ms: lan.clock.monotonicMs() - begin, run };
}

test("[FLEET-7] what took longest in earlier runs is started first, and the run ends sooner", async () => {
  const lan = new MemoryLan(1, { fan: FAN });
  await lan.settle();
  const first = await play(lan);
  const second = await play(lan);
  assert.deepEqual([first.order[0], first.order.at(-1)], ["a", "long"]);
  assert.equal(second.order[0], "long");
  assert.ok(first.ms >= 7_000 && second.ms <= 5_800, `${first.ms} ms at first, ${second.ms} ms then`);
  const [created] = await lan.ask("run.events", { run: second.run, after: 0, limit: 1 });
  assert.deepEqual((created?.data["expected"] as { times: object }).times, {
    "all/long": 4_000,
    ...Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((id) => [`all/${id}`, 1_000])),
  });
});

test("[FLEET-7] what was learned is there after a restart, and a record that cannot be read is as good as none", async () => {
  const journal = new MemoryJournal();
  const lan = new MemoryLan(1, { fan: FAN }, journal);
  await lan.settle();
  await play(lan);
  await lan.advance(6_000);
  await lan.restart();
  await lan.advance(1_000);
  assert.equal((await play(lan)).order[0], "long");
  journal.setRecord("run-times", "fan", { times: { "all/long": "much" }, otherMs: -1 });
  await lan.restart();
  await lan.advance(1_000);
  assert.equal((await play(lan)).order[0], "a");
});
