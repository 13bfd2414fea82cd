import assert from "node:assert/strict";
import { test } from "node:test";
import { DOCUMENTED_KEYS, suggest } from "#core/workflow-file/suggest.ts";
import { toWorkflowJsonSchema } from "#core/workflow-file/json-schema.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { WORKFLOW_TEMPLATES } from "#core/workflow-file/templates.ts";
import { en } from "#renderer/text/en.ts";
import { zh } from "#renderer/text/zh.ts";

/** What is suggested where `|` stands. */
function at(marked: string): readonly string[] {
  const offset = marked.indexOf("|");
  return suggest(marked.replace("|", ""), offset)?.options ?? [];
}

const NODES =
  "lanweave: 1\nname: x\ninputs:\n  width: { type: integer }\n  height:\n    type: integer\nnodes:\n  - id: first\n    type: ";

test("[WIN-21] keys are those of the place: the file, a node of its type, a map below", () => {
  assert.ok(at("lan|").includes("lanweave"));
  assert.ok(at(`${NODES}task\n    |`).includes("argv"));
  assert.ok(!at(`${NODES}task\n    |`).includes("forEach"));
  assert.ok(at(`${NODES}parallel\n    jo|`).includes("forEach"));
  assert.ok(at(`${NODES}task\n    fault:\n      |`).includes("retry"));
  assert.ok(at(`${NODES}task\n    fault: { re|`).includes("retry"));
  assert.ok(at("inputs:\n  width:\n    |").includes("minimum"));
  assert.ok(at(`${NODES}parallel\n    nodes:\n      - id: inner\n        |`).includes("run"));
  assert.deepEqual(at("a: b c |"), []);
});

test("[WIN-21] values and expressions know types, ids and inputs", () => {
  assert.ok(at(`${NODES}|`).includes("subworkflow"));
  assert.deepEqual(at(`${NODES}task\n    dependsOn: [|`), ["first"]);
  assert.deepEqual(at(`${NODES}task\n    run: echo {{ inputs.|`), ["width", "height"]);
  assert.deepEqual(at(`${NODES}task\n    run: echo {{ nodes.fi|`), ["first"]);
  assert.ok(at(`${NODES}task\n    run: echo {{ |`).includes("inputs"));
  assert.ok(at("inputs:\n  width:\n    type: |").includes("integer"));
});

test("[WIN-21] whatever half-written text stands before the cursor, an answer comes and nothing is thrown", () => {
  const text = WORKFLOW_TEMPLATES.map((template) => template.text).join("\n");
  for (let offset = 0; offset <= text.length; offset += 1) {
    const found = suggest(text.slice(0, offset), offset);
    assert.ok(found === null || (found.from <= offset && found.options.length >= 0));
  }
});

test("[WIN-21] every key that is suggested is explained in both languages", () => {
  for (const { keys } of [en, zh]) assert.deepEqual(Object.keys(keys).sort(), [...DOCUMENTED_KEYS]);
});

test("[WIN-23] every template is sound", () => {
  for (const { id, text } of WORKFLOW_TEMPLATES) {
    const parsed = parseWorkflow(text.replace("NAME", id), { file: id, resolve: () => ({ ok: false, error: "" }) });
    assert.deepEqual(parsed.ok ? [] : parsed.error, [], id);
  }
});

test("[WIN-21] the keys that are suggested are those of the format", () => {
  const known = new Set<string>();
  const gather = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === "properties") for (const name of Object.keys(value as object)) known.add(name);
      gather(value);
    }
  };
  gather(toWorkflowJsonSchema());
  const unknown = DOCUMENTED_KEYS.filter((key) => !known.has(key));
  const missing = [...known].filter((key) => !DOCUMENTED_KEYS.includes(key) && key !== "$schema");
  assert.deepEqual({ unknown, missing }, { unknown: [], missing: [] });
});
