import assert from "node:assert/strict";
import { test } from "node:test";
import { edited, finish, fork, ran, runOf, sh } from "./fork-support.ts";
import {
  conditional,
  Driver,
  expression,
  failure,
  loop,
  parallel,
  pipeline,
  script,
  subworkflow,
  task,
  template,
  workflow,
} from "./support.ts";

test("[SNAP-5] items are matched by what they are, wherever they are in the list", () => {
  const each = (list: string) =>
    workflow([
      parallel("p", [sh("one", "do {{ item }}"), sh("two", "then {{ nodes.one.result }}", "one")], { forEach: list }),
      sh("z", "all", "p"),
    ]);
  const original = runOf(each("['a', 'b', 'c']"));
  assert.deepEqual(ran(fork(original)), []);
  const more = fork(original, { definition: each("['x', 'a', 'b', 'c']") });
  assert.deepEqual(more.queued(), ["p[0]/one"]);
  assert.deepEqual(ran(finish(more)), ["p[0]/one", "p[0]/two", "z"]);
  const fewer = fork(original, { definition: each("['c', 'a']") });
  assert.deepEqual(fewer.queued(), ["z"], "the list of results is another one");
  assert.deepEqual(fewer.line("p").result, [original.line("p[2]/two").result, original.line("p[0]/two").result]);
  const twice = fork(original, { definition: each("['a', 'b', 'c', 'c']") });
  assert.deepEqual(twice.queued(), ["p[3]/one"]);
});

test("[SNAP-5] a composite inside an item that has moved is known again, too", () => {
  const each = (list: string) =>
    workflow([
      parallel("p", [pipeline("q", [sh("one", "do {{ item }}")]), sh("two", "more of {{ item }}", "q")], {
        forEach: list,
      }),
    ]);
  const original = runOf(each("['a', 'b']"));
  assert.deepEqual(fork(original, { definition: each("['b', 'a']") }).queued(), []);
});

test("[SNAP-5] a loop keeps its iterations from the first to the one before the first that changed", () => {
  const looped = (more: string) =>
    workflow([
      loop("l", { kind: "times", times: 4 }, [sh("one", `step {{ iteration ${more} }}`), sh("two", "same", "one")]),
      sh("z", "after", "l"),
    ]);
  const original = runOf(looped(""));
  assert.deepEqual(ran(fork(original)), []);
  const changed = finish(fork(original, { definition: looped("== 3.0 ? 30.0 : iteration") }));
  assert.deepEqual(
    [...ran(changed)].sort(),
    ["l[3]/one", "l[3]/two", "l[4]/one", "l[4]/two", "z"],
    "later iterations come after a changed one",
  );
  const longer = workflow([
    loop("l", { kind: "times", times: 5 }, [sh("one", "step {{ iteration }}"), sh("two", "same", "one")]),
    sh("z", "after", "l"),
  ]);
  assert.deepEqual(ran(finish(fork(original, { definition: longer }))), ["l[5]/one", "l[5]/two", "z"]);
});

test("[SNAP-5] a conditional keeps its branch when its condition comes out the same", () => {
  const chosen = (condition: string) =>
    workflow([
      sh("a", "x"),
      conditional("c", condition, [sh("t", "yes")], [sh("f", "no")], { dependsOn: ["a"] }),
      sh("z", "after", "c"),
    ]);
  const original = runOf(chosen("nodes.a.result != ''"));
  assert.deepEqual(ran(fork(original, { definition: chosen("1 < 2") })), []);
  assert.deepEqual(ran(finish(fork(original, { definition: chosen("1 > 2") }))), ["c/f", "z"]);
  const without = (condition: string) =>
    workflow([conditional("c", condition, [sh("t", "yes")]), sh("b", "beside"), { ...sh("z", "after", "c", "b") }]);
  const skipped = runOf(without("false"));
  assert.deepEqual(ran(fork(skipped)), []);
  assert.deepEqual(ran(finish(fork(skipped, { definition: without("true") }))), ["c/t", "z"]);
});

test("[SNAP-5] a subworkflow keeps what its inputs and definition leave as it was", () => {
  const inner = (source: string) =>
    workflow([sh("one", `${source} {{ inputs.x }}`), sh("two", "fixed")], {
      name: "inner",
      inputs: { x: { type: "string", description: "" } },
      outputs: { r: expression("nodes.one.result") },
    });
  const outer = (source: string, x: string) =>
    workflow([
      subworkflow("s", inner(source), { with: { x: template(x) } }),
      sh("z", "use {{ nodes.s.result.r }}", "s"),
    ]);
  const original = runOf(outer("go", "a"));
  assert.deepEqual(ran(fork(original)), []);
  assert.deepEqual(ran(finish(fork(original, { definition: outer("go", "b") }))), ["s/one", "z"]);
  assert.deepEqual(ran(finish(fork(original, { definition: outer("went", "a") }))), ["s/one", "z"]);
});

test("[SNAP-5] losers of a join stay losers, and failures that were lived with stay failures", () => {
  const definition = workflow([
    parallel("any", [sh("slow", "slow"), sh("quick", "quick")], { join: { threshold: { kind: "any" } } }),
    parallel("most", [sh("x", "x"), sh("y", "y"), sh("w", "w")], {
      join: { threshold: { kind: "count", count: 2 }, rest: "finish" },
    }),
    { ...sh("s", "skipped when it fails"), fault: { ...sh("s", "").fault, then: { kind: "skip" } } },
    { ...sh("p", "has another"), fault: { ...sh("p", "").fault, then: { kind: "runAlternative", id: "q" } } },
    sh("q", "instead"),
    sh("z", "after", "any", "most", "s", "p"),
  ]);
  const original = new Driver(definition).start();
  original.assign("any/slow");
  original.run("any/quick");
  original
    .run("most/x", failure())
    .run("most/y")
    .run("most/w")
    .run("s", failure())
    .run("p", failure())
    .run("q")
    .run("z");
  assert.equal(original.stateOf(""), "completed");
  const forked = fork(original);
  assert.deepEqual(ran(forked), []);
  assert.equal(forked.stateOf(""), "completed");
  const nodes = ["any/slow", "any/quick", "most/x", "most", "s", "p", "q", "z"];
  assert.deepEqual(forked.states(...nodes), original.states(...nodes));
  const strict = definition.nodes.map((node) =>
    node.id === "s" ? { ...node, fault: { ...node.fault, retry: 1 } } : node,
  );
  assert.deepEqual(fork(original, { definition: edited(definition, ...strict) }).queued(), ["s"]);
});

test("[SNAP-5] what was undone, or is about to be, is done again, and a fork undoes nothing that the original did", () => {
  const undo = (id: string, ...dependsOn: readonly string[]) =>
    task(id, { action: script(id), compensate: script(`undo ${id}`), dependsOn });
  const definition = workflow([undo("a"), undo("b", "a"), sh("c", "c", "b")], { onFailure: "compensate" });
  const original = new Driver(definition).start();
  original.run("a").run("b").run("c", failure());
  const begun = original.events.length;
  original.run("b").run("a");
  assert.equal(original.stateOf(""), "failed");
  assert.deepEqual(fork(original).queued(), ["a"]);
  assert.deepEqual(fork(original, { at: begun }).queued(), ["a"]);
  const early = original.events.findIndex(({ path: at, to }) => at === "b" && to === "completed") + 1;
  const forked = fork(original, { at: early });
  assert.deepEqual(forked.queued(), ["c"]);
  forked.run("c", failure());
  assert.equal(forked.stateOf(""), "failed");
  assert.deepEqual(ran(forked), ["c"]);
});

test("[SNAP-5] a composite that is tried again takes what is kept again, and runs what failed", () => {
  const definition = (source: string) =>
    workflow([pipeline("p", [sh("a", "a"), sh("b", source)], { fault: { retry: 1 } })]);
  const original = runOf(definition("b"));
  const forked = fork(original, { definition: definition("B") });
  forked.run("p/b", failure());
  assert.deepEqual(forked.queued(), ["p/b"]);
  forked.run("p/b");
  assert.deepEqual(ran(forked), ["p/b", "p/b"]);
  assert.equal(forked.stateOf(""), "completed");
});

test("[SNAP-5] what a retry of its composite had thrown away is not kept", () => {
  const definition = workflow([pipeline("p", [sh("a", "a"), sh("b", "b")], { fault: { retry: 1 } })]);
  const original = new Driver(definition).start();
  original.run("p/a").run("p/b", failure());
  assert.deepEqual(original.queued(), ["p/a"]);
  assert.deepEqual(fork(original).queued(), ["p/a"]);
});
