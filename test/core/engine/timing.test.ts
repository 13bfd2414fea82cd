import assert from "node:assert/strict";
import { test } from "node:test";
import { RUN_PATH, type NodePath } from "#core/model/id.ts";
import { BY, Driver, parallel, path, pipeline, success, task, workflow } from "./support.ts";

const by = BY;

test("[MET-1] wait is until it ran first, execution what agents counted, and total goes to the end", () => {
  const run = new Driver(workflow([pipeline("p", [task("a"), task("b")])])).start();
  run.advance(40).assign("p/a");
  run.advance(100).end("p/a", success("x", 90));
  run.advance(30).assign("p/b");
  run.advance(200).end("p/b", success("x", 180));
  assert.deepEqual(run.line("p/a").timing, { wait: 40, execution: 90, total: 140 });
  assert.deepEqual(run.line("p/b").timing, { wait: 30, execution: 180, total: 230 });
  assert.deepEqual(run.line("p").timing, { wait: 0, execution: 370, total: 370 });
});

test("[MET-1] frozen time counts in the total alone, whether the run, a node around or the node itself was paused", () => {
  for (const paused of [RUN_PATH, path("g"), path("g/p")]) {
    const run = new Driver(workflow([parallel("g", [pipeline("p", [task("a")])])])).start();
    run.assign("g/p/a");
    run.advance(500).do({ kind: "pause", mode: "freeze", path: paused, by });
    run.advance(60_000).do({ kind: "resume", path: paused, by });
    run.advance(200).end("g/p/a", success("x", 700));
    const expected = { wait: 0, execution: 700, total: 60_700 };
    assert.deepEqual(run.line("g/p").timing, expected, `g/p with "${paused}" paused`);
    assert.deepEqual(run.line("g/p/a").timing, expected, `g/p/a with "${paused}" paused`);
  }
});

test("[MET-1] pauses inside of pauses are taken off once", () => {
  const run = new Driver(workflow([parallel("g", [pipeline("p", [task("a")])])])).start();
  const pause = (at: NodePath): Driver => run.do({ kind: "pause", mode: "freeze", path: at, by });
  const resume = (at: NodePath): Driver => run.do({ kind: "resume", path: at, by });
  run.assign("g/p/a");
  const timings = (): readonly number[] => ["g", "g/p"].map((node) => run.line(node).timing.execution);
  run.advance(100);
  pause(path("g/p")).advance(1_000);
  pause(path("g")).advance(1_000);
  pause(RUN_PATH).advance(1_000);
  resume(path("g/p")).advance(1_000);
  resume(RUN_PATH).advance(1_000);
  resume(path("g")).advance(10);
  run.end("g/p/a", success("x", 110));
  assert.deepEqual(timings(), [1_110, 110]);
});

test("[MET-1] what ends while a part around it is paused counts up to the pause", () => {
  const run = new Driver(workflow([parallel("g", [pipeline("p", [task("a")])]), task("b")])).start();
  run.assign("g/p/a");
  run.advance(300).do({ kind: "pause", mode: "freeze", path: path("g"), by });
  run.advance(5_000).do({ kind: "cancel", path: RUN_PATH, by });
  assert.deepEqual(
    ["g", "g/p"].map((node) => run.line(node).timing),
    [
      { wait: 0, execution: 300, total: 5_300 },
      { wait: 0, execution: 300, total: 5_300 },
    ],
  );
});
