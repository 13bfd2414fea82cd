import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWorkflow } from "#core/workflow-file/parse.ts";

const HEAD = "lanweave: 1\nname: scripts\nnodes:\n";

function problemsOf(nodes: string, others: Readonly<Record<string, string>> = {}): { told: string[]; asked: string[] } {
  const asked: string[] = [];
  const parsed = parseWorkflow(HEAD + nodes, {
    file: "main.yaml",
    resolve: (file) => ({ ok: true, value: { file, text: others[file] ?? "" } }),
    checkModule: (module, file) => {
      asked.push(`${module} of ${file}`);
      return module.includes("lost") ? `the module "${module}" is not there` : null;
    },
  });
  const problems = parsed.ok ? [] : parsed.error;
  return {
    told: problems.map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`),
    asked,
  };
}

test("[FILE-3] [FILE-6] a module that is missing is a problem where it is named, and each is looked for once", () => {
  const nodes = `  - { id: a, type: task, script: { module: lib/good.ts } }
  - { id: b, type: task, script: { module: lib/lost.ts }, compensate: { script: { module: lib/lost.ts } } }
  - { id: c, type: subworkflow, workflow: other.yaml }
`;
  const { told, asked } = problemsOf(nodes, {
    "other.yaml": `${HEAD}  - { id: d, type: task, script: { module: lost.cjs } }\n`,
  });
  assert.deepEqual(told, [
    'main.yaml:5:44 module the module "lib/lost.ts" is not there',
    'main.yaml:5:91 module the module "lib/lost.ts" is not there',
    'other.yaml:4:44 module the module "lost.cjs" is not there',
  ]);
  assert.deepEqual(asked, ["lib/good.ts of main.yaml", "lib/lost.ts of main.yaml", "lost.cjs of main.yaml"]);
});

test("[FILE-3] a module that no Node can run, or that leads out, is not looked for", () => {
  const nodes = ["m", "m.py", "../m.ts", "/m.ts", "m.tsx"]
    .map((module, index) => `  - { id: n${index}, type: task, script: { module: ${module} } }\n`)
    .join("");
  const { told, asked } = problemsOf(nodes);
  const endings = "expected a file that ends in .js, .mjs, .cjs, .ts, .mts, .cts, found";
  assert.deepEqual(
    told.map((line) => line.replace(/^\S+ /, "")),
    [
      `path ${endings} "m"`,
      `path ${endings} "m.py"`,
      'path expected a path without "..", found "../m.ts"',
      'path expected a relative path, found "/m.ts"',
      `path ${endings} "m.tsx"`,
    ],
  );
  assert.deepEqual(asked, []);
});
