import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const FIRST = fileURLToPath(new URL("../../../examples/sdk/first.ts", import.meta.url));
const DEADLINE_MS = 30_000;

test("[SDK-2] the first example runs, tries again what failed, and ends with a picture", async () => {
  const { stdout } = await run(process.execPath, ["--conditions=lanweave-source", FIRST], { timeout: DEADLINE_MS });
  assert.match(stdout, /^For this process only: parallel\/task1, parallel\/task2$/m);
  assert.match(stdout, /^The workflow is completed: \{ task1: 'Task 1 completed', task2: 'Task 2 completed' \}$/m);
  assert.match(stdout, /^Documents in all: 7$/m);
  assert.match(stdout, /^flowchart TB\n {2}subgraph n0\["parallel<br\/>completed"\]/m);
  assert.match(stdout, /task2<br\/>completed, attempt 2/);
});
