import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#core/base/json.ts";
import type { NodeFailure, TaskReport } from "#core/model/run.ts";
import { BY, Driver, expression, loop, path, subworkflow, success, task, workflow } from "./support.ts";

function runOfOne(): Driver {
  return new Driver(workflow([task("a")])).start();
}

function errorOf(driver: Driver, node = "a"): NodeFailure {
  const { error, state } = driver.line(node);
  assert.ok(error !== null, `${node} is ${state}`);
  return error;
}

/** So many lists in each other, made without a stack. */
function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

test("[RUN-7] a result given by hand is not nested without end, and not larger than results may be", () => {
  const driver = runOfOne();
  for (const levels of [257, 100_000]) {
    assert.equal(driver.refused({ kind: "complete", path: path("a"), result: nested(levels), by: BY }), "invalid");
    const [refusal] = driver.commands("refuse");
    assert.match(refusal?.message ?? "", /^a result has at most 256 lists and maps inside each other/);
  }
  const large = "x".repeat(1024 * 1024);
  assert.equal(driver.refused({ kind: "complete", path: path("a"), result: large, by: BY }), "invalid");
  assert.equal(
    driver.refused({ kind: "complete", path: path("a"), result: [Number.POSITIVE_INFINITY], by: BY }),
    "invalid",
  );
  driver.do({ kind: "complete", path: path("a"), result: nested(256), by: BY });
  assert.equal(driver.stateOf(""), "completed");
});

test("[NODE-11] a result of an agent that is nested too deep fails the attempt", () => {
  for (const levels of [257, 100_000]) {
    const driver = runOfOne().run("a", success(nested(levels)));
    const { code, message } = errorOf(driver);
    assert.equal(code, "result-too-deep");
    assert.match(message, /256 lists and maps.*write it to a file/);
  }
  assert.equal(
    runOfOne()
      .run("a", success(nested(256)))
      .stateOf("a"),
    "completed",
  );
});

test("[NODE-10] what a task reports is not nested without end", () => {
  const driver = runOfOne();
  const fence = driver.assign("a");
  const said = (levels: number): TaskReport => ({ kind: "custom", name: "x", data: nested(levels) });
  const at = { kind: "reported", path: path("a"), fence } as const;
  assert.equal(driver.refused({ ...at, report: said(257) }), "invalid");
  assert.equal(driver.refused({ ...at, report: said(100_000) }), "invalid");
  driver.do({ ...at, report: said(256) });
});

test("[FILE-9] a loop cannot let a variable grow without end", () => {
  const growing = (source: string, start: Json): Driver =>
    new Driver(
      workflow([loop("l", { kind: "times", times: 1_000 }, [task("a", { set: { x: expression(source) } })])], {
        variables: { x: start },
      }),
    )
      .start()
      .runAll();
  const deep = growing("[variables.x]", 1);
  assert.equal(deep.stateOf(""), "failed");
  assert.match(deep.head().error?.message ?? "", /nested deeper than 100 levels/);
  const large = growing("variables.x + variables.x", "0123456789abcdef");
  assert.equal(large.stateOf(""), "failed");
  const failed = large.reached("failed")[0] ?? "";
  const { code, message } = errorOf(large, failed);
  assert.equal(code, "variable-too-large");
  assert.match(message, /^a variable has at most 1048576 characters of JSON, "set" would give "x" 1048578: keep large/);
});

test("[NODE-9] inputs of a subworkflow are not nested without end", () => {
  const inner = workflow([task("a")], {
    inputs: { x: { type: "list", description: "" } },
  });
  let tree: readonly unknown[] = [];
  for (let level = 0; level < 300; level += 1) tree = [tree];
  const driver = new Driver(workflow([subworkflow("s", inner, { with: { x: tree as never } })])).start();
  assert.match(errorOf(driver, "s").message, /an input has at most 256 lists and maps.*"x" of "sample\.yaml"/);
});
