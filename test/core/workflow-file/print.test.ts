import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { printWorkflow } from "#core/workflow-file/print.ts";
import { parseFile, parseText, ROOT, sound } from "./support.ts";

function readBack(definition: WorkflowDefinition): WorkflowDefinition {
  const [main, ...others] = printWorkflow(definition);
  return sound(parseText(main?.text ?? "", Object.fromEntries(others.map(({ name, text }) => [name, text]))));
}

const EVERYTHING = `
lanweave: 1
name: 'every "thing": all'
description: "Of every kind: one"
inputs:
  n: { type: integer, default: 3, minimum: 1, description: How many }
  who: { type: string, enum: [a, b], default: a }
variables: { said: nothing, list: [1, { a: true }] }
defaults: { fault: { retry: 2 }, needs: { cpus: 2 }, shell: bash, environment: { A: "1" } }
nodes:
  - { id: say, label: Say it, type: task, run: "echo {{ inputs.n }}\\necho two\\n", result: lines, set: { said: result } }
  - { id: argv, type: task, argv: [echo, 1, true, "{{ inputs.who }}"], needs: { memory: 1GiB, labels: gpu, exclusive: true, agent: "x" } }
  - { id: ask, type: task, approve: "Go on?", dependsOn: [say] }
  - { id: rest, type: task, sleep: 90s, fault: { retry: 0, backoff: { type: random, min: 1s, max: 2m }, timeout: 250ms, then: { runAlternative: other } } }
  - { id: other, type: task, noop: {} }
  - { id: get, type: task, http: { method: POST, url: "http://x/{{ inputs.n }}", headers: { A: b }, body: { a: [1, "{{ inputs.n }}", null] }, expect: [200, 404] } }
  - { id: undo, type: task, run: "true", compensate: { argv: [undo, "{{ result }}"] }, fault: { then: { compensateAndRetry: 2 } } }
  - id: each
    type: parallel
    forEach: [1, "two", 3]
    join: { count: 2, rest: finish }
    maxConcurrency: 2
    nodes: [{ id: one, type: task, run: "echo {{ item }}", files: { in: [a], out: "b*" } }]
  - id: line
    type: pipeline
    nodes:
      - { id: turn, type: loop, times: "2", nodes: [{ id: go, type: task, noop: {} }] }
      - { id: until, type: loop, until: "iteration > 2", maxIterations: 9, nodes: [{ id: go, type: task, noop: {} }] }
      - { id: pick, type: conditional, if: true, then: [{ id: yes, type: task, noop: {} }], else: [{ id: no, type: task, noop: {} }] }
  - { id: sub, type: subworkflow, workflow: small.yaml, with: { word: "{{ inputs.who }}" } }
outputs: { all: nodes.say.result }
collect: { out/: nodes.each.files }
onFailure: compensate
`;
const SMALL = `
lanweave: 1
name: small
inputs: { word: { type: string } }
nodes: [{ id: say, type: task, run: "echo {{ inputs.word }}" }]
`;

test("[SNAP-5] a definition that is printed reads back to an equal one", () => {
  const definition = sound(parseText(EVERYTHING, { "small.yaml": SMALL }));
  assert.deepEqual(readBack(definition), definition);
});

test("[SNAP-5] so do the examples", () => {
  for (const file of readdirSync(path.join(ROOT, "examples")).filter((name) => name.endsWith(".yaml"))) {
    const definition = sound(parseFile("examples", file));
    assert.deepEqual(readBack(definition), definition, file);
  }
});
