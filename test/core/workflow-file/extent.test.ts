import assert from "node:assert/strict";
import { test } from "node:test";
import { parseText, problemsOf } from "./support.ts";

const HEAD = "lanweave: 1\nname: test\n";

/** A node in a node in a node, as a file: each is of a type and has an id of `length` letters. */
function nestedFile(levels: number, length: number, composite: string): string {
  const id = "n".repeat(length);
  let node: object = { id, type: "task", noop: {} };
  for (let level = 1; level < levels; level += 1) node = { id, ...(JSON.parse(composite) as object), nodes: [node] };
  return `${HEAD}nodes: [${JSON.stringify(node)}]`;
}

test("[FILE-2] a path of a node that would be too long for the wire is a problem of the file", () => {
  const pipeline = '{"type":"pipeline"}';
  assert.deepEqual(problemsOf(parseText(nestedFile(64, 63, pipeline))), []);
  assert.deepEqual(problemsOf(parseText(nestedFile(64, 64, pipeline))), [
    "path-too-long main.yaml:1:1: expected paths of nodes of at most 4096 characters, found one that can have 4159, with the numbers of items and iterations; use shorter ids or fewer levels",
  ]);
});

test("[FILE-2] the numbers of items and iterations count", () => {
  const each = '{"type":"parallel","forEach":"[1]"}';
  // 63 composites, each with its id, "[99999]" and "/", and a task.
  assert.deepEqual(problemsOf(parseText(nestedFile(64, 56, each))), []);
  assert.match(problemsOf(parseText(nestedFile(64, 57, each))).join(), /path-too-long.*can have 4152/);
  const loop = '{"type":"loop","times":2,"maxIterations":1000000}';
  assert.deepEqual(problemsOf(parseText(nestedFile(64, 54, loop))), []);
  assert.match(problemsOf(parseText(nestedFile(64, 55, loop))).join(), /path-too-long.*can have 4150/);
});

test("[FILE-2] a path leads through subworkflows", () => {
  const id = "n".repeat(64);
  const use = (file: string): string => `${HEAD}nodes: [{ id: ${id}, type: subworkflow, workflow: ${file} }]`;
  const others = Object.fromEntries(Array.from({ length: 62 }, (_, index) => [`w${index}`, use(`w${index + 1}`)]));
  others["w62"] = `${HEAD}nodes: [{ id: ${id}, type: task, noop: {} }]`;
  assert.match(problemsOf(parseText(use("w0"), others)).join(), /path-too-long.*can have 4159/);
});

test("[FILE-7] subworkflows that hold two of the next each are refused without going through all of them", () => {
  const use = (file: string): string =>
    `${HEAD}nodes: [{ id: a, type: subworkflow, workflow: ${file} }, { id: b, type: subworkflow, workflow: ${file} }]`;
  const others = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`w${index}`, use(`w${index + 1}`)]));
  others["w60"] = `${HEAD}nodes: [{ id: a, type: task, noop: {} }]`;
  assert.match(problemsOf(parseText(use("w0"), others)).join(), /too-many-nodes/);
});
