import assert from "node:assert/strict";
import { test } from "node:test";
import { findImports } from "#core/model/module-imports.ts";
import { ModuleWalk } from "#core/model/module-walk.ts";

function specifiers(source: string): readonly string[] {
  return findImports(source).map(({ specifier, line }) => `${line} ${specifier}`);
}

test("[FILE-3] every form of import with a literal is found, with its line", () => {
  const source = `import a, { b as c, "x-y" as d } from './a.ts';
import "./side.js" with { type: "json" }; import * as ns from "node:fs";
import {
  one, // a comment
} from "./long.ts"
import { type V } from "./v.ts"; import type from "./type.ts"
export * from "./e1.ts"; export * as q from "./e2.ts"; export { a, b } from "./e3.ts"; export { a }
const s = \`\${ await import("./dyn.ts", { with: {} }) } \${ { a: \`\${1}\` } }\`; require("./req.cjs")`;
  const apart =
    'export { a }\nimport "./y.ts"\nexport {\nb\n}\nimport from from "./z.ts"; import c = require("./c.cjs")';
  assert.deepEqual(specifiers(apart), ["2 ./y.ts", "6 ./z.ts", "6 ./c.cjs"]);
  assert.deepEqual(specifiers('const q = `${`${/}/}`}` / 2; import "./after.ts"'), ["1 ./after.ts"]);
  assert.deepEqual(specifiers(source), [
    "1 ./a.ts",
    "2 ./side.js",
    "2 node:fs",
    "5 ./long.ts",
    "6 ./v.ts",
    "6 ./type.ts",
    "7 ./e1.ts",
    "7 ./e2.ts",
    "7 ./e3.ts",
    "8 ./dyn.ts",
    "8 ./req.cjs",
  ]);
});

test("[FILE-3] what only looks like an import is none: types, comments, texts, templates, regular expressions, expressions", () => {
  const source = `// import "./n1"
/* import "./n2" */ import type T from "./n3"; import type { U } from "./n4"; export type { W } from "./n5"; import type * as X from "./n6"
export const from = "./n7"; export default "./n8"; const r = [/import "n9'/g, /[/"]/]; const s = \`import "./n10" \${1} import "./n11"\`
x.import("./n12"); x.require("./n13"); import.meta.url; import("./n14" + b); import(name); const y = a / b / c; "import './n15'"
const unfinished = "import './n16'
const torn = 'import "./n20"
export { z }; const again = from; "./n17"; import = "./n18"; /* import "./n19"`;
  assert.deepEqual(specifiers(source), []);
});

test("[FILE-3] any text at all is searched to its end", () => {
  const texts = [
    "",
    "`",
    "`${",
    "/",
    "'",
    "import",
    "import {",
    "export * from",
    "}}}",
    'import("./a"',
    "\\",
    "\u{1f600}",
  ];
  for (const text of texts) assert.deepEqual(specifiers(text), []);
});

test("[FILE-3] source of any kind is searched in time that grows with its length", () => {
  const parts = [
    '\\"',
    "=/[",
    "import , ",
    "export {",
    "import {a,",
    "`${",
    "{",
    "require(",
    "/*",
    "'\\'",
    "import type ",
    "a/b/",
    "*",
  ];
  for (const part of parts) {
    const source = part.repeat(Math.floor((1024 * 1024) / part.length));
    const startedAt = performance.now();
    findImports(source);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < 5_000, `1 MiB of ${JSON.stringify(part)} took ${Math.round(tookMs)} ms`);
  }
});

function walk(files: Readonly<Record<string, string>>, module: string): { names: string[]; problem: string | null } {
  const names: string[] = [];
  const found = new ModuleWalk(module, (name) => name.startsWith("node:"));
  for (let file = found.take(); file !== undefined; file = found.take()) {
    names.push(file.name);
    const problem = found.read(file.name, files[file.name] ?? "");
    if (problem !== null) return { names, problem };
  }
  return { names, problem: null };
}

test("[FILE-3] a module brings along what it imports in the folder, each file once", () => {
  const files = {
    "lib/a.ts": 'import "./b%20c.ts?x#y"; import "../d/e.js"; import data from "./data.json"; import "node:fs"',
    "lib/b c.ts": 'import "./a.ts"; import ".././lib//b c.ts"',
    "lib/data.json": 'import "./no.ts"',
  };
  assert.deepEqual(walk(files, "./lib/a.ts"), {
    names: ["lib/a.ts", "lib/b c.ts", "d/e.js", "lib/data.json"],
    problem: null,
  });
});

test("[FILE-3] an import that cannot be shipped is named with its file and line", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["lodash", /^a\.ts:2 imports "lodash": only files beside it/],
    ["#own", /packages are not shipped/],
    ["/etc/x.ts", /only files beside it/],
    ["https://x/y.ts", /only files beside it/],
    ["../up.ts", /^a\.ts:2 imports "\.\.\/up\.ts": it leads out of the workflow's folder$/],
    ["./x%2F..%2F..%2Fy.ts", /leads out/],
    ["./x%5Cy.ts", /backslash/],
    ["./", /it is empty/],
  ];
  for (const [specifier, expected] of cases)
    assert.match(walk({ "a.ts": `\nimport ${JSON.stringify(specifier)}` }, "a.ts").problem ?? "", expected);
  const many = Array.from({ length: 1_001 }, (_, index) => `import "./f${index}.ts"`).join("\n");
  assert.match(walk({ "a.ts": many }, "a.ts").problem ?? "", /at most 1000 files/);
});
