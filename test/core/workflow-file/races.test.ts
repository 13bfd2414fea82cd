import assert from "node:assert/strict";
import { test } from "node:test";
import { checkWorkflow } from "#core/workflow-file/parse.ts";
import { formatProblem } from "#core/workflow-file/problems.ts";
import { findRaces } from "#core/workflow-file/races.ts";
import { workflow } from "./support.ts";

/** What is said of a workflow of these nodes, and whether it can run. */
function check(nodes: readonly string[], before = "", others: Readonly<Record<string, string>> = {}) {
  const text = workflow(nodes.map((node) => `  - ${node}`).join("\n"), before);
  const { definition, problems } = checkWorkflow(text, {
    file: "main.yaml",
    resolve: (reference) => ({ ok: true, value: { file: reference, text: others[reference] ?? "" } }),
  });
  return { isSound: definition !== null, said: problems.map(({ code, message }) => `${code} ${message}`), problems };
}

/** A task that writes a variable. */
function writer(id: string, more = "", set = "x: result"): string {
  return `{ id: ${id}, type: task, noop: {}, set: { ${set} }${more} }`;
}

const END = ": what it holds depends on which of them ends last";
const both = (first: string, second: string, name = "x"): string =>
  `concurrent-writes "${first}" and "${second}" may run at once, and both write the variable "${name}"${END}`;

test("[FILE-6] concurrent siblings that write the same variable are a warning, and the workflow can run", () => {
  const { isSound, said, problems } = check([writer("a"), writer("b")]);
  assert.deepEqual([isSound, said], [true, [both("a", "b")]]);
  assert.equal(
    problems.map(formatProblem).join(),
    `main.yaml:5:43: warning: "a" and "b" may run at once, and both write the variable "x"${END}`,
  );
  assert.equal(problems[0]?.severity, "warning");
  assert.deepEqual(check([writer("a"), writer("b", "", "y: result")]).said, []);
});

test("[FILE-6] siblings with an order between them, near or far, are no warning", () => {
  const idle = (id: string, more: string): string => `{ id: ${id}, type: task, noop: {}${more} }`;
  assert.deepEqual(check([writer("a"), writer("b", ", dependsOn: a")]).said, []);
  const chain = [writer("c", ", dependsOn: [b]"), idle("b", ", dependsOn: a"), writer("a")];
  assert.deepEqual(check(chain).said, []);
  const fork = [
    idle("s", ""),
    writer("a", ", dependsOn: s"),
    writer("b", ", dependsOn: s"),
    writer("c", ", dependsOn: [a, b]"),
  ];
  assert.deepEqual(check(fork).said, [both("a", "b")]);
  const sequence = `{ id: p, type: pipeline, nodes: [${writer("a")}, ${writer("b")}] }`;
  assert.deepEqual(check([sequence]).said, []);
  const branches = `{ id: c, type: conditional, if: level > 1, then: [${writer("a")}], else: [${writer("b")}] }`;
  assert.deepEqual(check([branches]).said, []);
});

test("[FILE-6] writers inside of concurrent siblings are told with their paths, those of a subworkflow are its own", () => {
  const pipeline = (id: string): string => `{ id: ${id}, type: pipeline, nodes: [${writer("w")}] }`;
  assert.deepEqual(check([pipeline("p"), pipeline("q")]).said, [both("p/w", "q/w")]);
  const loop = `{ id: l, type: loop, times: 2, nodes: [${writer("a")}, ${writer("b")}] }`;
  assert.deepEqual(check([loop]).said, [both("l/a", "l/b")]);
  const inner = workflow(`  - ${writer("a")}\n  - ${writer("b")}`);
  const use = "{ id: s, type: subworkflow, workflow: i.yaml }";
  const outer = check([use, writer("b")], "", { "i.yaml": inner });
  assert.deepEqual(
    outer.problems.map(({ file, severity }) => [file, severity]),
    [["i.yaml", "warning"]],
  );
  assert.equal(outer.isSound, true);
});

test("[FILE-6] items of a forEach that overwrite each other's variable are a warning, adding to it is none", () => {
  const forEach = (more: string, set: string): string =>
    `{ id: p, type: parallel, forEach: [1, 2]${more}, nodes: [${writer("a", "", set)}] }`;
  assert.deepEqual(check([forEach("", "x: result")]).said, [
    `concurrent-writes the items of "p" may run at once, and each of them writes the variable "x"${END}`,
  ]);
  assert.deepEqual(check([forEach("", "x: variables.x + 1")], "variables: { x: 0 }\n").said, []);
  assert.deepEqual(check([forEach(", maxConcurrency: 1", "x: result")]).said, []);
});

test("[FILE-6] an alternative runs after the node it stands for", () => {
  const then = ", fault: { then: { runAlternative: b } }";
  assert.deepEqual(check([writer("a", then), writer("b")]).said, []);
  assert.deepEqual(
    check([writer("a"), writer("b")], "defaults: { fault: { then: { runAlternative: b } } }\n").said,
    [],
  );
  assert.deepEqual(check([writer("a", then), writer("b"), writer("c")]).said, [both("a", "c"), both("b", "c")]);
});

test("[FILE-6] warnings stand beside errors, and errors come first where not all are told", () => {
  const { isSound, said } = check([writer("a"), writer("b"), "{ id: c, type: tusk }"]);
  assert.equal(isSound, false);
  assert.deepEqual(
    said.map((one) => one.split(" ")[0]),
    ["concurrent-writes", "type"],
  );
  const many = Array.from({ length: 300 }, (_, index) => writer(`w${index}`, "", `v${index % 3}: result`));
  const wrong = Array.from({ length: 250 }, (_, index) => `{ id: e${index}, type: task }`);
  const { problems } = check([...many, ...wrong]);
  assert.deepEqual(new Set(problems.map(({ severity }) => severity)), new Set(["error"]));
});

test("[FILE-6] 50,000 siblings with as many writers are looked through in a few seconds", () => {
  const nodes = Array.from({ length: 50_000 }, (_, index) => ({
    id: `w${index}`,
    type: "task",
    dependsOn: index < 2 ? [] : [`w${index - 2}`],
    set: { [`v${index % 5_000}`]: "result" },
  }));
  const before = performance.now();
  assert.deepEqual(
    findRaces(nodes, ["nodes"], () => null),
    [],
  );
  assert.ok(performance.now() - before < 10_000);
});
