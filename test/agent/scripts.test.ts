import assert from "node:assert/strict";
import { test } from "node:test";
import { RUN } from "#test/support/agent-link.ts";
import { makeScriptWorld } from "#test/support/script-world.ts";

test("[FILE-3] a script in TypeScript runs with what it imports, and what it returns is the result", async (context) => {
  const { call } = await makeScriptWorld(context);
  const files = {
    "lib/sum.ts": `import { add } from "./math/add.ts"; import type { Numbers } from "./types.ts"; import { basename } from "node:path";
      export const sum = async ({ numbers }: { numbers: Numbers }, ctx: { path: string }): Promise<object> =>
        ({ sum: numbers.reduce(add, 0), path: ctx.path, base: basename("/a/b") });`,
    "lib/math/add.ts": "export const add = (a: number, b: number): number => a + b;",
    "old.cjs": `const { two } = require("./two.cjs"); module.exports = () => two;`,
    "two.cjs": "exports.two = 2;",
    "plain.js": "export default (args) => args;",
  };
  const sum = await call("a", { files, module: "lib/sum.ts", export: "sum", args: { numbers: [1, 2, 3] } });
  assert.deepEqual(sum, { sum: 6, path: "a", base: "b" });
  assert.equal(await call("b", { files, module: "old.cjs" }), 2);
  assert.deepEqual(await call("c", { files, module: "plain.js", args: ["é", { x: null }] }), ["é", { x: null }]);
  assert.deepEqual(await call("e", { files, module: "./lib//sum.ts", export: "sum", args: { numbers: [] } }), {
    sum: 0,
    path: "e",
    base: "b",
  });
  assert.equal(await call("d", { files, module: "plain.js", args: 5 }, { result: "none" }), null);
});

test("[NODE-10] a script knows its place and reports log lines, metrics, progress and events", async (context) => {
  const { call, link } = await makeScriptWorld(context);
  const files = {
    "m.ts": `export default async (_: unknown, ctx: any) => {
      ctx.log.debug("d"); ctx.log.info("i"); ctx.log.warning("w"); ctx.log.error("e");
      ctx.metric.counter("c", 3); ctx.metric.gauge("g", 0.5); ctx.metric.histogram("h", [1, 2]); ctx.metric.timer("t", 12.4); ctx.metric.text("x", "y");
      ctx.progress(0.25); ctx.event("uploaded", { id: 7 }); ctx.event("bare");
      const { run, workflow, path, level, state, attempt, key, timing } = ctx;
      return { run, workflow, path, level, state, attempt, key, readyAt: timing.readyAt, metrics: Object.keys(ctx.metrics),
        fresh: Date.now() - timing.startedAt < 60_000 && timing.elapsedMs() >= 0, agent: ctx.agent.name !== "" && ctx.agent.id.length === 16 };
    };`,
  };
  const result = await call("a/b", { files, module: "m.ts" }, { attempt: 2, level: 3, readyAt: 1_000 as never });
  assert.deepEqual(result, {
    run: RUN,
    workflow: "test",
    path: "a/b",
    level: 3,
    state: "running",
    attempt: 2,
    key: `${RUN}/a/b`,
    readyAt: 1_000,
    metrics: ["c", "g", "h", "t", "x"],
    fresh: true,
    agent: true,
  });
  assert.deepEqual(
    link.all("report").map(({ report }) => report),
    [
      ...(["debug", "info", "warning", "error"] as const).map((level) => ({ kind: "log", level, message: level[0] })),
      { kind: "metric", name: "c", value: { kind: "counter", value: 3 } },
      { kind: "metric", name: "g", value: { kind: "gauge", value: 0.5 } },
      { kind: "metric", name: "h", value: { kind: "histogram", values: [1, 2] } },
      { kind: "metric", name: "t", value: { kind: "timer", durationMs: 12 } },
      { kind: "metric", name: "x", value: { kind: "text", text: "y" } },
      { kind: "progress", progress: 0.25 },
      { kind: "custom", name: "uploaded", data: { id: 7 } },
      { kind: "custom", name: "bare", data: null },
    ],
  );
});

test("[FILE-3] a script that fails says why, whatever it does", async (context) => {
  const { call, link } = await makeScriptWorld(context);
  const taken = link.takeOutput();
  const deep = "let v = 1; for (let i = 0; i < 300; i++) v = [v]; return v";
  const cases: readonly (readonly [string, RegExp | null])[] = [
    [`throw new TypeError("no such row")`, /^exception: TypeError: no such row\n {2}at .*m\.ts:1:\d+/],
    [`JSON.parse("{")`, /^exception: SyntaxError: .*\n {2}at .*m\.ts:1:\d+/],
    [`throw { odd: true }`, /^exception: the script threw \{ odd: true \}$/],
    [`setTimeout(() => { throw new Error("later") }); await new Promise(() => {})`, /^exception: Error: later/],
    [`await new Promise(() => {})`, /^script: .*never came to an end/],
    [`process.exit(3)`, /^script: .*exit code 3 before its function returned/],
    [`process.kill(process.pid, "SIGKILL")`, /^signal: the process was ended by SIGKILL/],
    [`return 1e999`, /^result: .*returned Infinity, which JSON does not have/],
    [`return { a: [1, Number.NaN] }`, /^result: .*returned NaN at a\[1\]/],
    [`return 5n`, /^result: .*returned a bigint/],
    [`return () => 1`, /^result: .*returned a function/],
    [`return new Map()`, /^result: .*returned a Map.*Object\.fromEntries/],
    [`const a: any = {}; a.self = a; return a`, /^result: .*an object that holds itself at self/],
    [deep, /^result: .*nested too deep/],
    [`return "x".repeat(1_048_575)`, /^result-too-large: expected a result of at most 1048576 bytes, .*1048577 bytes/],
    [`return undefined`, null],
    [`console.log("out"); console.error("err"); return null`, null],
  ];
  for (const [index, [body, expected]] of cases.entries()) {
    const found = await call(`n${index}`, {
      files: { "m.ts": `export default async () => { ${body} }` },
      module: "m.ts",
    });
    if (expected === null) assert.equal(found, null);
    else assert.match(String(found), expected);
  }
  await link.until("output", () => (taken.get("n16")?.stderr === "err\n" ? true : undefined));
  assert.equal(taken.get("n16")?.stdout, "out\n");
  assert.match(taken.get("n0")?.stderr ?? "", /TypeError: no such row\n {2}at/);
  const thrown = { "lib/deep/t.ts": 'export default () => { throw new Error("deep") }' };
  assert.equal(
    await call("x0", { files: thrown, module: "./lib/deep/t.ts" }),
    "exception: Error: deep\n  at default (lib/deep/t.ts:1:30)",
  );
  const files = {
    "m.ts": "export const other = () => 1; export const number = 1;",
    "bad.ts": "export default (",
    "e.ts": "enum A { B }",
  };
  assert.match(
    String(await call("x1", { files, module: "m.ts" })),
    /^script: expected "m\.ts" to export a function "default", found no such export; it exports other$/,
  );
  assert.match(String(await call("x2", { files, module: "m.ts", export: "number" })), /found a number/);
  assert.match(
    String(await call("x3", { files, module: "bad.ts" })),
    /^script: the module "bad\.ts" cannot be loaded: SyntaxError.*\n/,
  );
  assert.match(
    String(await call("x4", { files, module: "e.ts" })),
    /^script: .* cannot be loaded: .*enum is not supported in strip-only mode/s,
  );
});

test("[FILE-3] a script reaches its own folder, and nothing else of the machine", async (context) => {
  const { call, world } = await makeScriptWorld(context);
  const files = {
    "m.ts": `import { readFileSync, writeFileSync } from "node:fs"; import { execFileSync } from "node:child_process"; import { Worker } from "node:worker_threads";
      import { homedir, tmpdir } from "node:os"; import { join } from "node:path";
      const tryTo = (act: () => unknown) => { try { act(); return "done"; } catch (error: any) { return error.code; } };
      export default ({ data }: { data: string }) => [
        () => readFileSync("/etc/passwd"), () => readFileSync(join(data, "trust/identity.json")), () => writeFileSync(join(data, "x"), ""),
        () => execFileSync("true"), () => new Worker("1", { eval: true }), () => process.dlopen({ exports: {} }, "/x.node"),
        () => writeFileSync("../order.json", ""), () => writeFileSync("out.txt", "o"), () => readFileSync("m.ts"),
        () => writeFileSync(join(homedir(), "h"), ""), () => writeFileSync(join(tmpdir(), "t"), ""),
      ].map(tryTo);`,
  };
  const found = await call("a", { files, module: "m.ts", args: { data: world.agent.data } }, { filesOut: ["out.txt"] });
  const denied = "ERR_ACCESS_DENIED";
  assert.deepEqual(found, [
    denied,
    denied,
    denied,
    denied,
    denied,
    "ERR_DLOPEN_DISABLED",
    denied,
    "done",
    "done",
    "done",
    "done",
  ]);
});
