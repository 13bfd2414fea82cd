import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";

const WORKFLOW = "lanweave: 1\nname: hello\nnodes:\n  - id: a\n    type: task\n    run: echo\n";

/** One run's rows come back from the disk other than they were written: what they hold of work under way is gone. */
class DamagedJournal extends MemoryJournal {
  damaged: RunId | null = null;

  override read(run: RunId, after: number, limit: number): readonly RunEvent[] {
    const events = super.read(run, after, limit);
    if (run !== this.damaged) return events;
    return events.map((event) => (event.data["kind"] === "queued" ? { ...event, data: { kind: "queued" } } : event));
  }
}

test("[RUN-8] a run whose rows are damaged is told to be so, and hinders neither the start nor the other runs", async () => {
  const journal = new DamagedJournal();
  const lan = new MemoryLan(1, { hello: WORKFLOW }, journal);
  for (const agent of lan.agents) agent.cut();
  const [sound, broken] = [await lan.start("hello"), await lan.start("hello")];
  journal.damaged = broken;
  await lan.restart();
  assert.deepEqual(
    (await lan.ask("run.list", {})).map(({ run }) => run),
    [sound],
  );
  assert.equal((await lan.ask("run.show", { run: sound })).state, "running");
  await assert.rejects(lan.ask("run.show", { run: broken }), /damaged: run .* cannot be read/);
  await lan.coordinator.dispose();
});
