import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { DRAW_FORMATS, drawDefinition, drawRun } from "#core/monitoring/visualizer.ts";
import { parseFile, parseText, sound, workflow } from "../workflow-file/support.ts";
import { HOSTILE, hostile, hostileIds } from "./hostile.ts";
import { line, path, runOf } from "./support.ts";

const DOT = "/usr/bin/dot";
const withDot = existsSync(DOT) ? {} : { skip: `needs ${DOT} of Debian's graphviz` };

function dot(text: string): string {
  const { stdout, stderr, status } = spawnSync(DOT, ["-Tplain-ext"], { input: text, encoding: "utf8" });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, text);
  return stdout;
}

const RUN = runOf([
  line("list", "task", "completed"),
  line("resize", "parallel", "running", { label: "Resize 图", dependsOn: [path("list")] }),
  line("resize[0]", "group", "completed"),
  line("resize[0]/one", "task", "completed"),
  line("resize[1]", "group", "running"),
  line("resize[1]/one", "task", "suspended", { attempt: 2 }),
  line("done", "task", "idle", { phase: "blocked", dependsOn: [path("resize")] }),
]);

test("[MET-2] a definition is drawn as Mermaid, nested levels as subgraphs", () => {
  const definition = sound(
    parseText(
      workflow(`  - { id: a, type: task, run: "true", fault: { then: { runAlternative: b } } }
  - { id: b, type: task, noop: {} }
  - id: c
    type: conditional
    label: 'Is "a" fine?'
    dependsOn: a
    if: nodes.a.state == "completed"
    then: [{ id: x, type: task, noop: {} }, { id: y, type: task, noop: {} }]
`),
    ),
  );
  assert.equal(
    drawDefinition(definition, "mermaid"),
    `flowchart TB
  n0["a<br/>run"]
  n1["b<br/>noop"]
  subgraph n2["Is #34;a#34; fine#63;<br/>if nodes.a.state #61;#61; #34;completed#34;"]
    subgraph n3["then"]
      n4["x<br/>noop"]
      n5["y<br/>noop"]
    end
  end
  n0 -. instead .-> n1
  n0 --> n2
  n4 --> n5
`,
  );
});

test("[MET-2] a run is drawn with its states as words and colours", () => {
  assert.equal(
    drawRun(RUN, "mermaid"),
    `flowchart TB
  n0["list<br/>completed"]
  subgraph n1["Resize 图<br/>running"]
    subgraph n2["resize#91;0#93;<br/>completed"]
      n3["one<br/>completed"]
    end
    subgraph n4["resize#91;1#93;<br/>running"]
      n5["one<br/>suspended, attempt 2"]
    end
  end
  n6["done<br/>idle, blocked"]
  n0 --> n1
  n1 --> n6
  classDef completed fill:#dcfce7,stroke:#16a34a,color:#111827
  class n0,n2,n3 completed
  classDef running fill:#dbeafe,stroke:#2563eb,color:#111827
  class n1,n4 running
  classDef suspended fill:#fef3c7,stroke:#d97706,color:#111827
  class n5 suspended
  classDef idle fill:#f3f4f6,stroke:#9ca3af,color:#111827
  class n6 idle
`,
  );
});

test("[MET-2] a run as JSON and as YAML says the same", () => {
  const json: unknown = JSON.parse(drawRun(RUN, "json"));
  assert.deepEqual(parse(drawRun(RUN, "yaml")), json);
  assert.deepEqual(json, {
    kind: "run",
    workflow: "sample",
    state: "running",
    nodes: [
      { path: "list", type: "task", label: "list", detail: "completed", state: "completed" },
      {
        path: "resize",
        type: "parallel",
        label: "Resize 图",
        detail: "running",
        state: "running",
        after: ["list"],
        nodes: [
          {
            path: "resize[0]",
            type: "group",
            label: "resize[0]",
            detail: "completed",
            state: "completed",
            nodes: [{ path: "resize[0]/one", type: "task", label: "one", detail: "completed", state: "completed" }],
          },
          {
            path: "resize[1]",
            type: "group",
            label: "resize[1]",
            detail: "running",
            state: "running",
            nodes: [
              { path: "resize[1]/one", type: "task", label: "one", detail: "suspended, attempt 2", state: "suspended" },
            ],
          },
        ],
      },
      { path: "done", type: "task", label: "done", detail: "idle, blocked", state: "idle", after: ["resize"] },
    ],
  });
});

test("[MET-2] Graphviz accepts every example and a run", withDot, () => {
  for (const file of ["all-nodes.yaml", "picture.yaml", "sort.yaml"])
    dot(drawDefinition(sound(parseFile("examples", file)), "dot"));
  assert.match(dot(drawRun(RUN, "dot")), /suspended, attempt 2/);
});

test("[MET-2] Graphviz shows hostile labels as they are", withDot, () => {
  const shown = dot(drawDefinition(hostile(['say "hi"', "a]b", "中文 🎉", "&amp;lt;", "back\\N"]), "dot"));
  for (const text of ['say \\"hi\\"', "a]b", "中文 🎉", "back\\\\N"])
    assert.ok(shown.includes(text), `${text} in ${shown}`);
});

test("[MET-2] 20,000 siblings and standbys are drawn in time that grows with their number", () => {
  const sibling = (index: number): string =>
    `{ id: a${index}, type: task, noop: {}, fault: { then: { runAlternative: b${index} } } }, { id: b${index}, type: task, noop: {} }`;
  const text = `lanweave: 1\nname: wide\nnodes: [${Array.from({ length: 10_000 }, (_, index) => sibling(index)).join(",")}]`;
  const definition = sound(parseText(text));
  const before = performance.now();
  assert.equal(drawDefinition(definition, "dot").match(/label="instead"/g)?.length, 10_000);
  assert.ok(performance.now() - before < 2_000);
});

test("[MET-2] a label as long as a book is cut in pictures, and whole in data", () => {
  const definition = hostile(["y".repeat(5_000)]);
  for (const format of ["dot", "mermaid"] as const)
    assert.match(drawDefinition({ ...definition, name: "x" }, format), /"y{199}…/);
  assert.ok(drawDefinition(definition, "json").includes("y".repeat(5_000)));
});

test("[MET-2] hostile labels break no format", withDot, () => {
  for (const definition of [hostile(HOSTILE), hostileIds(HOSTILE)]) {
    dot(drawDefinition(definition, "dot"));
    assert.deepEqual(parse(drawDefinition(definition, "yaml")), JSON.parse(drawDefinition(definition, "json")));
  }
  const run = runOf(HOSTILE.map((label, index) => line(`n${index}`, "task", "failed", { label })));
  dot(drawRun(run, "dot"));
  assert.deepEqual(parse(drawRun(run, "yaml")), JSON.parse(drawRun(run, "json")));
});

test("[MET-2] whatever the labels and ids, Graphviz accepts the picture", withDot, () => {
  const label = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 60 }), fc.string());
  fc.assert(
    fc.property(fc.array(fc.array(label, { minLength: 1, maxLength: 4 }), { minLength: 10 }), (lists) => {
      const definitions = lists.flatMap((labels) => [hostile(labels), hostileIds([...new Set(labels)])]);
      const stops = dot(definitions.map((one) => drawDefinition(one, "dot")).join("")).match(/^stop$/gm);
      assert.equal(stops?.length, definitions.length);
    }),
    { numRuns: 20 },
  );
});

test("[MET-2] whatever the labels, Mermaid gets nothing but its own marks and numbered entities, and data parses back", () => {
  const label = fc
    .oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 30 }))
    .map((text) => text.slice(0, 100));
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
      const definition = hostile(labels);
      for (const row of drawDefinition(definition, "mermaid").trimEnd().split("\n"))
        assert.match(
          row,
          /^(?:flowchart TB|\s*(?:subgraph )?n\d+\["(?:[A-Za-z0-9 .,_\-\u00a1-\u{10ffff}]|#\d+;|<br\/>)*"\]|\s*end|\s*n\d+ --> n\d+)$/u,
        );
      assert.deepEqual(parse(drawDefinition(definition, "yaml")), JSON.parse(drawDefinition(definition, "json")));
      for (const format of DRAW_FORMATS) assert.ok(drawDefinition(definition, format).isWellFormed());
    }),
    { numRuns: 200 },
  );
});
