import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { err } from "#core/base/result.ts";
import { checkExpression, checkTemplate } from "#core/expression/check.ts";
import { evaluateExpression, renderShell, renderTemplate } from "#core/expression/evaluate.ts";
import type { ScopeTypes } from "#core/expression/scope-types.ts";
import type { ScopeValues } from "#core/expression/scope.ts";
import { checkWorkflow } from "#core/workflow-file/parse.ts";
import { ROOT } from "#test/support/fleet.ts";
import type { Chance } from "#test/sim/chance.ts";
import { type FuzzKind, plainTarget } from "../fuzz-kind.ts";
import { mangleJson, mangleText } from "../mangle.ts";

// What people, and programs for them, write: workflow files and expressions.

const SIGNS = [
  "  ",
  "\t",
  ": ",
  "- ",
  "&a ",
  "*a",
  "<<: *a",
  "!!js/function x",
  "|",
  ">",
  "{",
  "[",
  "]",
  "}",
  "#",
  "---\n",
  "%YAML 9\n",
];
const KEYS = [
  "nodes",
  "type",
  "id",
  "dependsOn",
  "run",
  "over",
  "until",
  "retry",
  "inputs",
  "set",
  "needs",
  "files",
  "fault",
  "__proto__",
];
const SCRAPS = [
  "{{ nodes.a.result }}",
  "{{ 1 +",
  "}}",
  "'",
  '"',
  "\\",
  "\u0000",
  "9e99",
  "10000000h",
  "- id: a\n  run: b\n",
  "\n\n",
];

function examples(): readonly string[] {
  const folder = path.join(ROOT, "examples");
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return names.map((name) => readFileSync(path.join(folder, name), "utf8")).filter((text) => text.length < 6_000);
}

function mangleYaml(chance: Chance, text: string): string {
  let changed = text;
  for (let left = 1 + chance.below(4); left > 0; left -= 1) {
    const lines = changed.split("\n");
    const at = chance.below(lines.length);
    const line = lines[at] ?? "";
    const column = chance.below(line.length + 1);
    const put = chance.pick([SIGNS, KEYS, SCRAPS]);
    if (chance.is(0.2)) lines.splice(at, 1 + chance.below(3));
    else if (chance.is(0.2)) lines.splice(at, 0, lines[chance.below(lines.length)] ?? "");
    else if (chance.is(0.5)) lines[at] = line.slice(0, column) + chance.pick(put) + line.slice(column);
    else lines[at] = " ".repeat(chance.below(8)) + line.trim();
    changed = lines.join("\n");
    if (chance.is(0.1)) changed = mangleText(chance, changed);
  }
  return changed;
}

function check(text: string): boolean {
  const { definition, problems } = checkWorkflow(text, { file: "x.yaml", resolve: () => err("there is none") });
  for (const { message, line, column } of problems) assert.ok(message !== "" && line >= 1 && column >= 1);
  assert.ok(definition !== null || problems.length > 0, "a file that is refused says why");
  return definition !== null;
}

export const workflowKind: FuzzKind = {
  name: "workflow",
  weight: 60,
  batch: 2_000,
  // A file of up to 10 MiB is read at once, when somebody opens it; what it may cost has its own limits.
  mayBlockMs: 500,
  open: () => {
    const samples = examples();
    return plainTarget(
      (chance) => void check(mangleYaml(chance, chance.pick(samples))),
      () => samples.forEach((text) => assert.ok(checkWorkflow(text, { file: "x.yaml", resolve: () => err("none") }))),
    );
  },
};

const NODE = {
  state: "completed",
  result: { a: [1, 2] },
  files: [],
  completed: 1,
  failed: 0,
  skipped: 0,
  total: 1,
  iterations: 0,
};
const VALUES: ScopeValues = {
  inputs: { name: "x", count: 3, list: [1, 2, 3], deep: { a: { b: "c" } } },
  variables: { seen: 1 },
  nodes: { a: NODE as never },
  level: 1,
  item: { id: 1 },
  index: 0,
};
const TYPES: ScopeTypes = {
  inputs: { name: "string", count: "number", list: "list", deep: "object" },
  variables: new Set(["seen"]),
  nodes: new Set(["a"]),
  locals: new Set(["item", "index"]),
};
const EXPRESSIONS = [
  "inputs.count + 1 > 2 && inputs.name == 'x'",
  "nodes.a.result.a.map(x, x * 2).filter(y, y > 2)",
  "inputs.list.all(x, x > 0) ? inputs.deep.a.b : string(inputs.count)",
  "size(inputs.list) + index * level",
  "{'a': [1, 2.5, null], 'b': item.id}",
  "inputs.name.startsWith('x') || 'abc'.contains('b')",
  "inputs.list[0] in inputs.list",
];
const PIECES = [
  "inputs",
  ".",
  "[",
  "]",
  "(",
  ")",
  "'",
  "\\",
  "+",
  "*",
  "?",
  ":",
  "map(x, x)",
  "nodes.a",
  "9".repeat(40),
  "--",
  "!",
  "'a'.matches('(a*)*b')",
];

function mangleExpression(chance: Chance): string {
  const source = chance.pick(EXPRESSIONS);
  if (chance.is(0.1)) return mangleJson(chance, { a: [1] });
  if (chance.is(0.1)) return `${"(".repeat(chance.pick([3, 100, 2_000]))}${source}`;
  if (chance.is(0.5)) return mangleText(chance, source);
  const words = source.split(/\b/);
  words[chance.below(words.length)] = chance.pick(chance.is(0.5) ? PIECES : words);
  return words.join("");
}

function playExpression(chance: Chance): void {
  const source = mangleExpression(chance);
  const problems = checkExpression(source, TYPES);
  const value = evaluateExpression({ kind: "expression", source }, VALUES);
  if (value.ok) JSON.stringify(value.value);
  else assert.equal(value.error.code, "expression");
  for (const { message } of problems) assert.ok(message !== "");
  const template = `echo {{ ${source} }} $HOME`;
  checkTemplate(template, TYPES);
  renderTemplate({ kind: "template", source: template }, VALUES);
  const script = renderShell(
    { kind: "template", source: template },
    VALUES,
    chance.pick(["sh", "bash", "pwsh"] as const),
  );
  if (!script.ok) assert.ok(script.error.message !== "");
}

export const expressionKind: FuzzKind = {
  name: "expression",
  weight: 60,
  batch: 2_000,
  open: () =>
    plainTarget(playExpression, () =>
      EXPRESSIONS.forEach((source) => assert.ok(evaluateExpression({ kind: "expression", source }, VALUES).ok, source)),
    ),
};
