import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { formatProblem } from "#core/workflow-file/problems.ts";
import { parseText, problemsOf, ROOT, workflow } from "./support.ts";

test("[FILE-6] a long list of problems is cut, and says how many more there are", () => {
  const nodes = Array.from({ length: 500 }, (_, index) => `  - { id: n${index}, type: task, noop: {}, x: 1 }`).join(
    "\n",
  );
  const problems = problemsOf(parseText(workflow(nodes)));
  assert.equal(problems.length, 201);
  assert.match(problems.at(-1) ?? "", /^more main\.yaml:203:\d+: and at least 300 more problems$/);
});

test("[FILE-6] a problem is one line, whatever the file is called", () => {
  const place = { file: "a\nb", line: 1, column: 2 };
  const problem = { ...place, severity: "error", code: "x", message: "m\u001b[31m", suggestion: "s" } as const;
  assert.equal(formatProblem(problem), "a b:1:2: m [31m (did you mean s?)");
  assert.equal(formatProblem({ ...problem, severity: "warning" }), "a b:1:2: warning: m [31m (did you mean s?)");
});

test("[FILE-6] a problem in a text is told where it stands, however the text is written", () => {
  const at = (value: string): string | undefined =>
    problemsOf(parseText(workflow(`  - id: a\n    type: task\n    run: ${value}`)))[0]?.split(" ")[1];
  assert.equal(at("echo {{ foo }}"), "main.yaml:6:18:");
  assert.equal(at('"echo {{ foo }}"'), "main.yaml:6:19:");
  assert.equal(at('"echo \\t\\t {{ foo }}"'), "main.yaml:6:24:");
  assert.equal(at("'say ''x'' {{ foo }}'"), "main.yaml:6:24:");
  assert.equal(at("|\n      one\n\n        two {{ foo }}"), "main.yaml:9:16:");
  assert.equal(at("|2-\n      one {{ foo }}"), "main.yaml:7:14:");
  assert.equal(at(">\n      one\n      two {{ foo }}"), "main.yaml:8:14:");
});

test("[FILE-7] files that are too large in any way are refused", () => {
  const long = `lanweave: 1\nname: x\n# ${"é".repeat(5 * 1024 * 1024 + 10)}\nnodes: []`;
  assert.match(
    problemsOf(parseText(long)).join(),
    /^too-large main\.yaml:1:1: a workflow file has at most 10485760 bytes, this one has 10485\d\d\d$/,
  );
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"b,c,d,e,f,g,h,i,j"
    .split(",")
    .map((key, index) => `${key}: &${key} [${Array(10).fill(`*${"abcdefghij"[index]}`).join(",")}]`)
    .join("\n")}`;
  assert.match(problemsOf(parseText(bomb)).join(), /aliases of this part expand to more than 10485760 bytes/);
  assert.match(problemsOf(parseText("[".repeat(50_000))).join(), /nested deeper than 400 levels/);
  assert.match(problemsOf(parseText("a: &a [*a]")).join("\n"), /the alias \*a stands inside of what it names/);
  assert.match(
    problemsOf(parseText("a: 1\nb: 2\na: 3")).join("\n"),
    /duplicate-key main\.yaml:3:1: the key "a" is here twice/,
  );
});

test("[FILE-7] a key that is there twice is refused in JSON as well, at every depth", () => {
  const json =
    '{ "lanweave": 1, "name": "a", "name": "b",\n "nodes": [{ "id": "a", "id": "b", "type": "task", "noop": {} }] }';
  assert.deepEqual(problemsOf(parseText(json)), [
    'duplicate-key main.yaml:1:31: the key "name" is here twice',
    'duplicate-key main.yaml:2:25: the key "id" is here twice',
  ]);
});

test("[FILE-7] more than 100,000 nodes are refused, those of subworkflows counted at each use", () => {
  const inner = JSON.stringify({
    lanweave: 1,
    name: "i",
    nodes: Array.from({ length: 1000 }, (_, index) => ({ id: `n${index}`, type: "task", noop: {} })),
  });
  const uses = (count: number): string =>
    workflow(
      Array.from({ length: count }, (_, index) => `  - { id: u${index}, type: subworkflow, workflow: i }`).join("\n"),
    );
  assert.equal(parseText(uses(99), { i: inner }).ok, true);
  assert.match(problemsOf(parseText(uses(100), { i: inner })).join("\n"), /too-many-nodes .* at most 100000 nodes/);
});

test("[FILE-6] no text makes the parser throw", () => {
  const valid = ["examples", "test/fixtures/broken"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((file) => /\.(yaml|json)$/.test(file))
      .map((file) => readFileSync(path.join(ROOT, folder, file), "utf8")),
  );
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(20),
    put: fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("{{", "}}", "- ", ": ", "\n  ", "*a", "&a ", "[", "}", "\t", "|\n", "null"),
    ),
  });
  const mutated = fc
    .tuple(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([text, edits]) =>
      edits.reduce((current, { at, cut, put }) => {
        const offset = Math.floor(at * current.length);
        return current.slice(0, offset) + put + current.slice(offset + cut);
      }, text),
    );
  const lines = (text: string): number => text.split("\n").length;
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: mutated }, fc.string({ unit: "binary", maxLength: 200 })), (text) => {
      const result = parseText(text);
      if (result.ok) return;
      assert.ok(result.error.length > 0);
      for (const { line, column } of result.error) assert.ok(line >= 1 && line <= lines(text) + 1 && column >= 1);
    }),
    { numRuns: 300 },
  );
});
