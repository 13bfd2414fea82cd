import assert from "node:assert/strict";
import { test } from "node:test";
import { task, workflow, WorkflowEngine } from "#main/sdk/index.ts";
import { VirtualTime } from "./support.ts";

for (const [what, stepMs] of [
  ["on", 3_600_000],
  ["back", -3_600_000],
] as const)
  test(`[FAULT-2] in a program's own process, too, a clock that is set an hour ${what} changes no wait`, async () => {
    const time = new VirtualTime();
    let tries = 0;
    const fault = { retry: 1, backoff: { type: "fixed", delay: "60s" } } as const;
    const flaky = task("flaky", { fault }, () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
      return "done";
    });
    const run = new WorkflowEngine(workflow({ name: "w", nodes: [flaky] }), time.options).execute();
    await time.advance(10_000);
    time.clock.stepWall(stepMs);
    await time.advance(49_000);
    assert.equal(tries, 1);
    await time.advance(2_000);
    assert.equal(tries, 2);
    assert.equal((await run).ok, true);
  });
