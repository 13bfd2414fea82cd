import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, EpochMs, Millis, NodePath } from "#core/model/id.ts";
import { nodeActions, runActions } from "#core/view/actions.ts";
import { freezeReport } from "#core/view/freeze.ts";
import { nodeMark, runMark } from "#core/view/mark.ts";
import { containerProgress, runProgress } from "#core/view/progress.ts";
import { nodeElapsedMs, runElapsedMs } from "#core/view/run-clock.ts";
import { containerMark, countTasks, toRunTree } from "#core/view/run-tree.ts";
import { timingRows, timingSummary } from "#core/view/timing-rows.ts";
import { treeMove, treeRows } from "#core/view/tree-rows.ts";
import { ancestry, parentPath } from "#core/view/view-node.ts";
import { byPath, sampleHead, sampleNode, samplePicture } from "./sample-nodes.ts";

const DESK = "d".repeat(16) as AgentId;
const STUDIO = "5".repeat(16) as AgentId;
const at = (path: string): NodePath => path as NodePath;

test("[WIN-4] a mark says why an idle node waits, and that an approval asks", () => {
  const marks = [
    sampleNode("a", [0]),
    sampleNode("a", [0], { phase: "queued" }),
    sampleNode("a", [0], { state: "running", phase: null }),
    sampleNode("a", [0], { state: "running", phase: null, action: "approve" }),
    sampleNode("a", [0], { state: "suspended", phase: null }),
  ].map(nodeMark);
  assert.deepEqual(marks, ["blocked", "queued", "running", "asking", "suspended"]);
  assert.deepEqual([runMark("idle"), runMark("paused"), runMark("failed")], ["queued", "suspended", "failed"]);
});

test("[WIN-4] a container in which nothing runs is frozen or held, as what is in it", () => {
  const container = sampleNode("tiles", [1], { type: "parallel", state: "running", phase: null });
  assert.equal(containerMark(container, { byMark: { suspended: 2, completed: 1 }, total: 3 }), "suspended");
  assert.equal(containerMark(container, { byMark: { suspended: 2, running: 1 }, total: 3 }), "running");
  assert.equal(containerMark(container, { byMark: { held: 1, blocked: 1 }, total: 2 }), "held");
  assert.equal(containerMark(container, { byMark: { queued: 1, blocked: 1 }, total: 2 }), "running");
});

test("[WIN-5] tasks are counted in every container around them", () => {
  const counts = countTasks(samplePicture(3));
  assert.deepEqual(counts.get(at("tiles")), { byMark: { blocked: 3 }, total: 3 });
  assert.equal(counts.get(at(""))?.total, 5);
  assert.deepEqual(containerProgress({ byMark: { completed: 1, failed: 1, running: 2 }, total: 4 }), {
    done: 2,
    total: 4,
    share: 0.5,
  });
});

test("[WIN-5] the progress of a run counts what is final", () => {
  const counts = { idle: 1, running: 1, suspended: 0, completed: 5, failed: 1, skipped: 1, cancelled: 1 };
  assert.deepEqual(runProgress(sampleHead({ counts })), { done: 8, total: 10, share: 0.8 });
});

test("[WIN-12] a freeze counts processes and machines and names who has not confirmed", () => {
  const nodes = byPath([
    sampleNode("a", [0], { state: "suspended", agent: DESK }),
    sampleNode("b", [1], { state: "suspended", agent: DESK }),
    sampleNode("c", [2], { state: "running", agent: STUDIO }),
  ]);
  const head = sampleHead({ state: "paused", pauseMode: "freeze", frozen: 2, inFlight: 1 });
  assert.deepEqual(freezeReport(head, nodes), {
    processes: 2,
    machines: 1,
    unconfirmed: [{ agent: STUDIO, running: 1 }],
  });
  assert.equal(freezeReport(sampleHead(), nodes), null);
});

test("[WIN-12] clocks do not count what lies between a pause and its resume", () => {
  const earlier = { pausedMs: 2_000 as Millis };
  const paused = sampleHead({ ...earlier, state: "paused", pausedSince: 5_000 as EpochMs });
  assert.deepEqual([runElapsedMs(paused, 6_000), runElapsedMs(paused, 60_000)], [2_000, 2_000]);
  assert.equal(runElapsedMs(sampleHead(earlier), 8_000), 5_000);
  assert.equal(runElapsedMs(sampleHead({ ...earlier, endedAt: 9_000 as EpochMs }), 60_000), 6_000);
  assert.equal(runElapsedMs(sampleHead({ startedAt: null }), 60_000), null);
});

test("[WIN-12] a node's clock leaves out the pauses since its start, and no earlier ones", () => {
  const head = sampleHead({ pausedMs: 3_000 as Millis });
  const since = (pausedBefore: number): ReturnType<typeof sampleNode> =>
    sampleNode("a", [0], { state: "running", startedAt: 4_000 as EpochMs, pausedBefore: pausedBefore as Millis });
  assert.deepEqual(
    [nodeElapsedMs(since(1_000), head, 9_000), nodeElapsedMs(since(3_000), head, 9_000)],
    [3_000, 5_000],
  );
  assert.equal(nodeElapsedMs(since(1_000), { ...head, pausedSince: 6_500 as EpochMs }, 9_000), 500);
  assert.equal(nodeElapsedMs(sampleNode("a", [0]), head, 9_000), null);
});

test("[RUN-7] only what is legal now can be done", () => {
  assert.deepEqual(runActions("running"), ["pause", "cancel"]);
  assert.deepEqual(runActions("paused"), ["resume", "cancel"]);
  assert.deepEqual(runActions("failed"), []);
  const asking = sampleNode("a", [0], { state: "running", phase: null, action: "approve" });
  assert.deepEqual(nodeActions(asking, "running"), ["approve", "deny"]);
  assert.deepEqual(nodeActions(sampleNode("a", [0]), "running"), ["skip"]);
  assert.deepEqual(nodeActions(sampleNode("a", [0], { state: "failed" }), "failed"), ["retry"]);
});

test("[MET-1] the timing table puts the longest first and adds up by machine", () => {
  const ended = (path: string, order: number, agent: AgentId, execution: number): ReturnType<typeof sampleNode> =>
    sampleNode(path, [order], {
      state: "completed",
      agent,
      startedAt: 1 as EpochMs,
      timing: { wait: 10 as Millis, execution: execution as Millis, total: (execution + 10) as Millis },
    });
  const rows = timingRows([ended("a", 0, DESK, 30), ended("b", 1, STUDIO, 90), sampleNode("c", [2])], "total");
  assert.deepEqual(
    rows.map((row) => [row.path, row.share]),
    [
      ["b", 1],
      ["a", 0.4],
    ],
  );
  assert.deepEqual(timingSummary(rows), {
    executionMs: 120,
    byAgent: [
      { agent: STUDIO, tasks: 1, executionMs: 90 },
      { agent: DESK, tasks: 1, executionMs: 30 },
    ],
  });
});

test("[WIN-7] the tree's rows say their level and place, and keys move, close and open", () => {
  const tree = toRunTree(samplePicture(2));
  const rows = treeRows(tree, new Set([at("tiles[1]")]));
  assert.deepEqual(
    rows.map((row) => `${row.level} ${row.position}/${row.size} ${row.fold} ${row.path}`),
    [
      "1 1/3 leaf plan",
      "1 2/3 open tiles",
      "2 1/2 open tiles[0]",
      "3 1/1 leaf tiles[0]/draw",
      "2 2/2 closed tiles[1]",
      "1 3/3 leaf join",
    ],
  );
  assert.deepEqual(treeMove(rows, 1, "ArrowRight"), { kind: "go", index: 2 });
  assert.deepEqual(treeMove(rows, 1, "ArrowLeft"), { kind: "toggle", path: "tiles" });
  assert.deepEqual(treeMove(rows, 4, "ArrowRight"), { kind: "toggle", path: "tiles[1]" });
  assert.deepEqual(treeMove(rows, 3, "ArrowLeft"), { kind: "go", index: 2 });
  assert.deepEqual(treeMove(rows, 3, "End"), { kind: "go", index: 5 });
  assert.equal(treeMove(rows, 3, "x"), null);
});

test("[WIN-3] the levels around a node follow its path", () => {
  assert.deepEqual(ancestry(at("resize[3]/one")), ["resize", "resize[3]", "resize[3]/one"]);
  assert.deepEqual([parentPath(at("a/b[2]")), parentPath(at("a"))], ["a/b", ""]);
});
