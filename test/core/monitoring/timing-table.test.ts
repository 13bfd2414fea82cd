import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "#core/model/id.ts";
import { textWidth } from "#core/monitoring/text-width.ts";
import { formatDuration, renderTimingTable } from "#core/monitoring/timing-table.ts";
import { line, path, runOf, times } from "./support.ts";

const AGENT = "0123456789abcdef" as AgentId;

test("[MET-1] the table of times has a line for each node, aligned for Chinese names too", () => {
  const run = runOf([
    line("list", "task", "completed", { timing: times(12, 3_400, 3_412), agent: AGENT }),
    line("resize[10]/one", "task", "suspended", { timing: times(0, 0, 366_000) }),
    line("x", "task", "idle", { path: path("x\u001b[31m") }),
  ]);
  assert.equal(
    renderTimingTable(run, new Map([[AGENT, "工作室"]])),
    `NODE            STATE      AGENT    WAIT  EXECUTION   TOTAL
list            completed  工作室  12 ms      3.4 s   3.4 s
resize[10]/one  suspended  -        0 ms       0 ms  6m 06s
x [31m          idle       -        0 ms       0 ms    0 ms
`,
  );
});

test("[MET-1] durations are short and never rounded up to more", () => {
  const shown = [0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 90_061_000].map(formatDuration);
  assert.deepEqual(shown, ["0 ms", "999 ms", "1.0 s", "59.9 s", "1m 00s", "59m 59s", "1h 00m", "25h 01m"]);
});

test("[MET-1] a text is as wide as a terminal shows it", () => {
  assert.deepEqual(
    ["abc", "中文", "é", "e\u0301", "🎉", "👩‍🔬", "ｆ", "한", ""].map(textWidth),
    [3, 4, 1, 1, 2, 2, 2, 2, 0],
  );
});
