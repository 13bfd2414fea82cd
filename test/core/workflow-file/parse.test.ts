import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultPolicy, TaskDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import { parseText, problemsOf, sound, workflow } from "./support.ts";

const EXAMPLE = `lanweave: 1
name: thumbnails
inputs:
  width: { type: integer, default: 320, minimum: 16 }
variables: { done: 0 }
defaults: { fault: { retry: 2 } }
nodes:
  - id: list
    type: task
    files: { in: ["photos/*.jpg"] }
    run: ls photos/*.jpg
    result: lines
  - id: resize
    type: parallel
    dependsOn: [list]
    forEach: nodes.list.result
    join: { percent: 90, rest: cancel }
    maxConcurrency: 8
    nodes:
      - { id: one, type: task, argv: [convert, "{{ item }}", -resize, "{{ inputs.width }}", "out/{{ index }}.png"],
          files: { in: ["{{ item }}"], out: ["out/*.png"] }, needs: { labels: [imagemagick], cpus: 1, memory: 512MiB } }
  - id: publish
    type: conditional
    dependsOn: resize
    if: nodes.resize.completed >= 10
    then: [ { id: copy, type: task, run: "cp out/* /srv/www/", compensate: { run: "rm -f /srv/www/*.png" } } ]
    else: [ { id: warn, type: task, run: "echo too few >&2" } ]
collect: { "thumbs/": nodes.resize.files }
`;

const FAULT = {
  retry: 0,
  backoff: { type: "exponential", initialMs: 1000, factor: 2, maxMs: 60000 },
  timeoutMs: null,
  totalTimeoutMs: null,
  then: { kind: "abort" },
  lossLimit: 5,
};
const TASK = {
  type: "task",
  label: "",
  dependsOn: [],
  fault: { ...FAULT, retry: 2 },
  result: "text",
  environment: {},
  files: { in: [], out: [] },
  needs: { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null },
  compensate: null,
  set: {},
};
const text = (source: string): object => ({ kind: "template", source });
const expression = (source: string): object => ({ kind: "expression", source });
const run = (source: string): object => ({ kind: "run", script: text(source), shell: "sh" });

const DEFINITION = {
  format: 1,
  name: "thumbnails",
  description: "",
  inputs: { width: { type: "integer", description: "", minimum: 16, default: 320 } },
  variables: { done: 0 },
  nodes: [
    {
      ...TASK,
      id: "list",
      action: run("ls photos/*.jpg"),
      result: "lines",
      files: { in: [text("photos/*.jpg")], out: [] },
    },
    {
      id: "resize",
      label: "",
      dependsOn: ["list"],
      fault: FAULT,
      type: "parallel",
      forEach: expression("nodes.list.result"),
      join: { threshold: { kind: "percent", percent: 90 }, rest: "cancel" },
      maxConcurrency: 8,
      nodes: [
        {
          ...TASK,
          id: "one",
          action: {
            kind: "argv",
            argv: ["convert", "{{ item }}", "-resize", "{{ inputs.width }}", "out/{{ index }}.png"].map(text),
          },
          files: { in: [text("{{ item }}")], out: [text("out/*.png")] },
          needs: { ...TASK.needs, labels: ["imagemagick"], cpus: 1, memoryBytes: 512 * 1024 * 1024 },
        },
      ],
    },
    {
      id: "publish",
      label: "",
      dependsOn: ["resize"],
      fault: FAULT,
      type: "conditional",
      if: expression("nodes.resize.completed >= 10"),
      then: [{ ...TASK, id: "copy", action: run("cp out/* /srv/www/"), compensate: run("rm -f /srv/www/*.png") }],
      else: [{ ...TASK, id: "warn", action: run("echo too few >&2") }],
    },
  ],
  outputs: {},
  collect: [{ to: "thumbs/", from: expression("nodes.resize.files") }],
  onFailure: "stop",
};

/** The only node of a workflow, which is a task. */
function task(definition: WorkflowDefinition): TaskDefinition {
  const [node] = definition.nodes;
  assert.equal(node?.type, "task");
  return node;
}

function fault(nodes: string, before = ""): FaultPolicy {
  return task(sound(parseText(workflow(nodes, before)))).fault;
}

test("[FILE-1] the example of the spec becomes a definition with every default filled in", () => {
  assert.deepEqual(sound(parseText(EXAMPLE)), DEFINITION);
});

test("[FILE-1] a file may be JSON too", () => {
  const json = JSON.stringify(
    { lanweave: 1, name: "j \ud83d\ude00", nodes: [{ id: "a", type: "task", noop: {} }] },
    null,
    "\t",
  );
  assert.equal(sound(parseText(json)).name, "j 😀");
});

test("[FILE-1] any node holds any other, 64 levels deep and no deeper", () => {
  const types = ["pipeline", "parallel", "loop", "conditional"];
  const nest = (levels: number): object => {
    if (levels === 1) return { id: "leaf", type: "task", noop: {} };
    const type = types[levels % types.length];
    const inner = [nest(levels - 1)];
    if (type === "conditional") return { id: "n", type, if: true, then: inner };
    return { id: "n", type, ...(type === "loop" ? { times: 1 } : {}), nodes: inner };
  };
  const file = (levels: number): string => JSON.stringify({ lanweave: 1, name: "deep", nodes: [nest(levels)] });
  assert.equal(parseText(file(64)).ok, true);
  assert.match(problemsOf(parseText(file(65))).join(), /too-deep/);
});

test("[FILE-3] each kind of task is read", () => {
  const kinds: readonly (readonly [string, object])[] = [
    ["run: echo, shell: bash", { kind: "run", script: text("echo"), shell: "bash" }],
    ["argv: [sleep, 5, true]", { kind: "argv", argv: [text("sleep"), text("5"), text("true")] }],
    [
      "script: { module: lib/x.ts, args: { n: 1, s: ['{{ level }}'] } }",
      {
        kind: "script",
        module: "lib/x.ts",
        export: "default",
        args: { kind: "object", entries: { n: 1, s: [text("{{ level }}")] } },
      },
    ],
    [
      "http: { url: 'http://x/{{ level }}', headers: { a: 1 }, expect: 204 }",
      {
        kind: "http",
        method: "GET",
        url: text("http://x/{{ level }}"),
        headers: { a: text("1") },
        body: null,
        expect: [204],
      },
    ],
    ["sleep: 1.5s", { kind: "sleep", durationMs: 1500 }],
    ["approve: 'sure?'", { kind: "approve", question: text("sure?") }],
    ["noop: {}", { kind: "noop" }],
    ["noop: null", { kind: "noop" }],
  ];
  for (const [source, action] of kinds)
    assert.deepEqual(task(sound(parseText(workflow(`  - { id: a, type: task, ${source} }`)))).action, action, source);
});

test("[FAULT-1] a task inherits the faults of defaults key by key", () => {
  const defaults = "defaults: { fault: { retry: 3, timeout: 5m, then: skip } }\n";
  const own = fault(
    "  - { id: a, type: task, noop: {}, fault: { retry: 1, backoff: { type: fixed, delay: 250ms } } }",
    defaults,
  );
  assert.deepEqual(own, {
    ...FAULT,
    retry: 1,
    backoff: { type: "fixed", delayMs: 250 },
    timeoutMs: 300_000,
    then: { kind: "skip" },
  });
});

test("[FAULT-2] the three backoffs are read", () => {
  const backoff = (source: string): unknown =>
    fault(`  - { id: a, type: task, noop: {}, fault: { backoff: ${source} } }`).backoff;
  assert.deepEqual(backoff("{ type: fixed, delay: 2h }"), { type: "fixed", delayMs: 7_200_000 });
  assert.deepEqual(backoff("{ type: exponential, initial: 100ms, factor: 3, max: 1m }"), {
    type: "exponential",
    initialMs: 100,
    factor: 3,
    maxMs: 60_000,
  });
  assert.deepEqual(backoff("{ type: random, min: 1s, max: 5s }"), { type: "random", minMs: 1000, maxMs: 5000 });
});

test("[NODE-6] every form of join is read", () => {
  const join = (source: string): unknown => {
    const [node] = sound(
      parseText(workflow(`  - { id: p, type: parallel, join: ${source}, nodes: [{ id: a, type: task, noop: {} }] }`)),
    ).nodes;
    assert.equal(node?.type, "parallel");
    return node.join;
  };
  assert.deepEqual(join("any"), { threshold: { kind: "any" }, rest: "cancel" });
  assert.deepEqual(join("{ any: true, rest: finish }"), { threshold: { kind: "any" }, rest: "finish" });
  assert.deepEqual(join("{ rest: finish }"), { threshold: { kind: "all" }, rest: "finish" });
  assert.deepEqual(join("{ count: 1 }"), { threshold: { kind: "count", count: 1 }, rest: "cancel" });
});

test("[FILE-5] a name is known exactly where it exists", () => {
  const known = (nodes: string): string => problemsOf(parseText(workflow(nodes))).join("\n");
  assert.equal(
    known(
      '  - { id: p, type: parallel, forEach: [1, "x"], nodes: [{ id: a, type: task, argv: ["{{ item }}", "{{ index }}"] }] }',
    ),
    "",
  );
  assert.match(
    known('  - { id: p, type: parallel, nodes: [{ id: a, type: task, argv: ["{{ item }}"] }] }'),
    /only inside a parallel node with forEach/,
  );
  const pipeline = (first: string, second: string): string =>
    `  - { id: p, type: pipeline, nodes: [{ id: a, type: task, argv: ["${first}"] }, { id: b, type: task, argv: ["${second}"] }] }`;
  assert.equal(known(pipeline("x", "{{ previous }}")), "");
  assert.match(known(pipeline("{{ previous }}", "x")), /only inside a pipeline after its first node/);
  assert.equal(
    known(
      "  - { id: l, type: loop, until: previous == 3 && iteration > 1, nodes: [{ id: a, type: task, argv: ['{{ iteration }}'] }] }",
    ),
    "",
  );
  assert.match(
    known("  - { id: l, type: loop, times: iteration, nodes: [{ id: a, type: task, noop: {} }] }"),
    /only inside a loop/,
  );
  assert.equal(
    known(
      "  - { id: a, type: task, noop: {}, set: { x: result } }\n  - { id: b, type: task, argv: ['{{ variables.x }}'] }",
    ),
    "",
  );
  assert.match(known("  - { id: a, type: task, argv: ['{{ nodes.a.state }}'] }"), /unknown node "a"/);
  const inner =
    "{ id: c, type: conditional, if: nodes.out.state == 'failed', then: [{ id: t, type: task, argv: ['{{ nodes.out.result }}'] }] }";
  assert.equal(known(`  - { id: out, type: task, noop: {} }\n  - { id: p, type: parallel, nodes: [${inner}] }`), "");
});

test("[NODE-9] a subworkflow is read with it, and its inputs are checked", () => {
  const inner =
    "lanweave: 1\nname: inner\ninputs: { n: { type: integer }, s: { type: string, default: x } }\nnodes: [{ id: a, type: task, noop: {} }]";
  const use = (given: string) =>
    parseText(workflow(`  - { id: s, type: subworkflow, workflow: inner.yaml, with: ${given} }`), {
      "inner.yaml": inner,
    });
  const [node] = sound(use("{ n: 3, s: 'a{{ level }}' }")).nodes;
  assert.equal(node?.type === "subworkflow" && node.definition.name, "inner");
  assert.match(problemsOf(use("{ s: y }")).join(), /needs the input "n"/);
  assert.match(problemsOf(use("{ n: 3, ss: y }")).join(), /has no input "ss".*did you mean s\?/);
  assert.match(problemsOf(use("{ n: many }")).join(), /expected a whole number, found "many"/);
  assert.equal(use("{ n: '{{ level }}' }").ok, true);
});

test("[FILE-6] problems of a subworkflow are told with its own file", () => {
  const result = parseText(workflow("  - { id: s, type: subworkflow, workflow: inner.yaml }"), {
    "inner.yaml": "lanweave: 1\nname: x\nnodes: []",
  });
  assert.deepEqual(problemsOf(result), ["value inner.yaml:3:8: expected at least one node, found a list of 0"]);
});

test("[FAULT-4] an undo may name its task's own result, which the task itself may not", () => {
  const undo = '  - { id: a, type: task, run: "pwd", compensate: { run: "rm -r {{ result }}" } }\n';
  assert.deepEqual(problemsOf(parseText(workflow(undo))), []);
  const itself = '  - { id: a, type: task, run: "rm -r {{ result }}" }\n';
  assert.match(problemsOf(parseText(workflow(itself))).join(), /"result" exists only in set and compensate/);
});
