import assert from "node:assert/strict";
import { test } from "node:test";
import { parseText, problemsOf, workflow } from "./support.ts";

/** The problems of a workflow of these nodes, without their places. */
function complaints(nodes: readonly string[], before = ""): readonly string[] {
  const text = workflow(nodes.map((node) => `  - ${node}`).join("\n"), before);
  return problemsOf(parseText(text)).map((problem) => problem.replace(/ main\.yaml:\d+:\d+:/, ":"));
}

/** A task that does nothing. */
function task(id: string, more = ""): string {
  return `{ id: ${id}, type: task, noop: {}${more} }`;
}

const instead = (id: string): string => `, fault: { then: { runAlternative: ${id} } }`;

test("[FILE-6] alternatives in a circle are told, however long it is", () => {
  assert.deepEqual(complaints([task("a", instead("b")), task("b", instead("a"))]), [
    "alternative: these are alternatives in a circle, so none of them would ever start: a -> b -> a",
  ]);
  assert.deepEqual(complaints([task("a", instead("b")), task("b", instead("c")), task("c", instead("a"))]), [
    "alternative: these are alternatives in a circle, so none of them would ever start: a -> b -> c -> a",
  ]);
  assert.deepEqual(complaints([task("x", instead("a")), task("a", instead("b")), task("b", instead("a"))]), [
    "alternative: these are alternatives in a circle, so none of them would ever start: a -> b -> a",
  ]);
  assert.deepEqual(complaints([task("a", instead("b")), task("b", instead("c")), task("c")]), []);
});

test("[FILE-6] a node that waits for its own alternative, also by others, is told", () => {
  assert.deepEqual(complaints([task("a", `, dependsOn: x${instead("b")}`), task("b"), task("x", ", dependsOn: b")]), [
    "cycle: these wait for each other: a -> x -> a",
  ]);
  assert.deepEqual(complaints([task("a", `, dependsOn: b${instead("b")}`), task("b")]), [
    'alternative: "a" waits for its own alternative "b", which runs only when it fails',
  ]);
});

test("[FILE-6] an alternative that tasks inherit must be there wherever a task inherits it", () => {
  const defaults = "defaults: { fault: { then: { runAlternative: spare } } }\n";
  assert.deepEqual(complaints([task("a"), task("spare")], defaults), []);
  const inner = `{ id: p, type: parallel, nodes: [${task("one")}, ${task("two", ", fault: { then: abort }")}] }`;
  assert.deepEqual(complaints([inner, task("spare")], defaults), [
    'alternative: the alternative "spare" of "one" is not among its siblings',
  ]);
});

test("[FILE-6] a threshold that can't be met is told, also when skips are what keeps it from it", () => {
  const join = (count: number, children: readonly string[], forEach = ""): readonly string[] =>
    complaints([`{ id: p, type: parallel, join: { count: ${count} }${forEach}, nodes: [${children.join(", ")}] }`]);
  const never = `{ id: n, type: conditional, if: false, then: [${task("x")}] }`;
  const found = (there: string, count: number): readonly string[] => [
    `join: expected a count that can be reached; there ${there}, found ${count}`,
  ];
  assert.deepEqual(join(2, [task("a"), task("b")]), []);
  assert.deepEqual(join(3, [task("a"), task("b")]), found("are 2 children", 3));
  assert.deepEqual(join(2, [task("a", instead("b")), task("b")]), found("is 1 child", 2));
  assert.deepEqual(join(1, [task("a"), never]), []);
  assert.deepEqual(join(2, [task("a"), never]), found("are 2 children, of which 1 are always skipped", 2));
  const after = task("b", ", dependsOn: n");
  assert.deepEqual(join(2, [task("a"), never, after]), found("are 3 children, of which 2 are always skipped", 2));
  const both = task("b", ", dependsOn: [a, n]");
  assert.deepEqual(join(2, [task("a"), never, both]), []);
  const wrapped = `{ id: w, type: pipeline, nodes: [${never}] }`;
  assert.deepEqual(join(2, [task("a"), wrapped]), found("are 2 children, of which 1 are always skipped", 2));
  const open = `{ id: n, type: conditional, if: level > 1, then: [${task("x")}] }`;
  assert.deepEqual(join(2, [task("a"), open]), []);
});

test("[FILE-6] the items of a written list count for a threshold, those of another list are not known", () => {
  const join = (count: number, forEach: string, child = task("a")): readonly string[] =>
    complaints([`{ id: p, type: parallel, join: { count: ${count} }, forEach: ${forEach}, nodes: [${child}] }`]);
  assert.deepEqual(join(2, "[1, 2]"), []);
  assert.equal(join(3, "[1, 2]").length, 1);
  assert.equal(join(3, "'[1, 2]'").length, 1);
  assert.deepEqual(join(3, "'[1, 2, level]'"), []);
  const never = `{ id: n, type: conditional, if: "false", then: [${task("x")}] }`;
  assert.equal(join(1, "[1, 2]", never).length, 1);
});

test("[FILE-6] recursion of subworkflows is told once, where it closes", () => {
  const sub = (file: string): string => workflow(`  - { id: s, type: subworkflow, workflow: ${file} }`);
  const twice = workflow(
    "  - { id: s, type: subworkflow, workflow: b.yaml }\n  - { id: t, type: subworkflow, workflow: b.yaml }",
  );
  const told = problemsOf(parseText(twice, { "b.yaml": sub("c.yaml"), "c.yaml": sub("b.yaml") }));
  assert.deepEqual(told, ["recursion c.yaml:4:43: a workflow cannot hold itself: b.yaml -> c.yaml -> b.yaml"]);
  assert.deepEqual(problemsOf(parseText(sub("main.yaml"), { "main.yaml": sub("main.yaml") })), [
    "recursion main.yaml:4:43: a workflow cannot hold itself: main.yaml -> main.yaml",
  ]);
});

test("[FILE-6] a node is not suggested as its own alternative", () => {
  const outcome = parseText(workflow("  - { id: z, type: task, noop: {}, fault: { then: { runAlternative: zz } } }"));
  assert.ok(!outcome.ok);
  assert.deepEqual(
    outcome.error.map(({ suggestion }) => suggestion),
    [null],
  );
});
