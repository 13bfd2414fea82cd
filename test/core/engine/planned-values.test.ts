import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#core/base/json.ts";
import type { NodeFailure } from "#core/model/run.ts";
import type { NodeDefinition, TaskAction, TaskDefinition } from "#core/model/workflow.ts";
import { Driver, expression, pipeline, task, template, workflow } from "./support.ts";

const SHA256 = "0123456789abcdef".repeat(4);
const FILE = { name: "d/a.txt", sha256: SHA256, sizeBytes: 3 };

/** A run of one task over inputs that anything can be in. */
function runOf(more: Partial<TaskDefinition>, inputs: JsonObject = {}): Driver {
  return new Driver(workflow([task("a", more)]), inputs).start();
}

function errorOf(driver: Driver): NodeFailure {
  const { error, state } = driver.line("a");
  assert.ok(error !== null, `a is ${state}`);
  return error;
}

function filesIn(value: Json): Driver {
  return runOf({ files: { in: [template("{{ inputs.x }}")], out: [] } }, { x: value });
}

test("[FLEET-9] files that come from data are taken like those of nodes", () => {
  const driver = filesIn([FILE, ["*.png", { ...FILE, name: "b", extra: 1 }]]);
  driver.assign("a");
  const [dispatch] = driver.commands("dispatch");
  assert.deepEqual(dispatch?.spec.filesIn, [
    { ...FILE, holders: [] },
    { ...FILE, name: "b", holders: [] },
  ]);
  assert.deepEqual(dispatch.globs, ["*.png"]);
});

test("[FLEET-9] what is no file fails the node, with what was expected and found", () => {
  const cases: [Json, RegExp][] = [
    [{ ...FILE, name: "../x" }, /the file name "\.\.\/x" cannot be used: it leads out with "\.\."/],
    [{ ...FILE, name: "" }, /cannot be used: it is empty/],
    [{ ...FILE, name: "x".repeat(5_000) }, /cannot be used: it is longer than 4096/],
    [{ ...FILE, name: 7 }, /expected a file with a "name", found number 7/],
    [
      { ...FILE, sha256: "abc" },
      /"sha256" of the file "d\/a\.txt" must be 64 lower-case hex digits, found string "abc"/,
    ],
    [{ ...FILE, sha256: SHA256.toUpperCase() }, /must be 64 lower-case hex digits/],
    [{ ...FILE, sha256: `${SHA256}\n` }, /must be 64 lower-case hex digits/],
    [{ name: "a", sizeBytes: 1 }, /"sha256" of the file "a" must be .*, found none/],
    [
      { ...FILE, sizeBytes: -1 },
      /"sizeBytes" of the file "d\/a\.txt" must be a whole number from 0 on, found number -1/,
    ],
    [{ ...FILE, sizeBytes: 0.5 }, /"sizeBytes".*found number 0\.5/],
    [{ ...FILE, sizeBytes: "3" }, /"sizeBytes".*found string "3"/],
    [null, /found null/],
    [[FILE, 4], /expected a file of a node, found number 4/],
  ];
  for (const [value, message] of cases) {
    const { code, message: found } = errorOf(filesIn(value));
    assert.equal(code, "expression");
    assert.match(found, /^an entry of "files\.in" must be text or files of another node: .*in {{ inputs\.x }}$/s);
    assert.match(found, message);
  }
});

test("[NODE-11] a question longer than a result may be fails the approval", () => {
  const question = (length: number): Driver =>
    runOf({ action: { kind: "approve", question: template("{{ inputs.x }}") } }, { x: "x".repeat(length) });
  assert.equal(question(1024 * 1024).stateOf("a"), "running");
  const { code, message } = errorOf(question(1024 * 1024 + 1));
  assert.equal(code, "plan");
  assert.match(message, /"approve" has at most 1048576 characters, this one has 1048577/);
});

test("[FILE-9] outputs larger or deeper than a result may be fail the workflow, and say which", () => {
  const outputs = (values: Readonly<Record<string, string>>, inputs: JsonObject): Driver => {
    const named = Object.entries(values).map(([name, source]) => [name, expression(source)] as const);
    const definition = { ...workflow([task("a")]), outputs: Object.fromEntries(named) };
    return new Driver(definition, inputs).start().run("a");
  };
  const half = "x".repeat(600_000);
  const fine = outputs({ y: "inputs.x" }, { x: half });
  assert.deepEqual([fine.stateOf(""), fine.head().outputs], ["completed", { y: half }]);
  const tooLarge = outputs({ y: "inputs.x", z: "inputs.x" }, { x: half });
  assert.deepEqual([tooLarge.stateOf(""), tooLarge.head().error?.code], ["failed", "result-too-large"]);
  assert.match(
    tooLarge.head().error?.message ?? "",
    /at most 1048576 characters of JSON, with "z" these have 12000\d\d/,
  );
});

test("[FLEET-9] more files than an attempt may have fail the node", () => {
  const many = (count: number): Json => Array.from({ length: count }, (_, index) => ({ ...FILE, name: `f${index}` }));
  assert.deepEqual(filesIn(many(10_000)).queued(), ["a"]);
  assert.match(errorOf(filesIn(many(10_001))).message, /expected at most 10000 files, found more/);
  // Longer than the stack takes at once.
  assert.match(errorOf(filesIn(Array<string>(200_000).fill("*"))).message, /expected at most 10000 files/);
  const both = { in: [template("{{ inputs.x }}"), template("{{ inputs.x }}")], out: [] };
  assert.match(errorOf(runOf({ files: both }, { x: many(6_000) })).message, /"files\.in" has at most 10000 files/);
});

test("[FLEET-9] collect takes nothing but files of nodes", () => {
  const collected = (value: Json): Driver =>
    new Driver(workflow([task("a")], { collect: [{ to: "out/", from: expression("inputs.x") }] }), { x: value })
      .start()
      .runAll();
  assert.equal(collected([FILE, null, [FILE]]).stateOf(""), "completed");
  for (const [value, message] of [
    [{ ...FILE, name: "/etc/passwd" }, /it is absolute/],
    ["*.png", /expected files of nodes, found text "\*\.png"/],
    [{ ...FILE, sizeBytes: -2 }, /"sizeBytes"/],
  ] as const) {
    const driver = collected(value);
    assert.equal(driver.stateOf(""), "failed");
    assert.match(driver.head().error?.message ?? "", message);
    assert.match(driver.head().error?.message ?? "", /^"collect" of "out\/": /);
  }
});

test("[FILE-3] values that no agent could be given fail the node when it is planned", () => {
  const x = template("{{ inputs.x }}");
  const http: Extract<TaskAction, { kind: "http" }> = {
    kind: "http",
    method: "GET",
    url: template("http://host/"),
    headers: {},
    body: null,
    expect: [],
  };
  const long = "u".repeat(4_097);
  const cases: [Partial<TaskDefinition>, Json, RegExp][] = [
    [{ action: { ...http, url: x } }, "", /^"http\.url" is empty$/],
    [{ action: { ...http, url: x } }, long, /^"http\.url" has at most 4096 characters, this one has 4097: "u+…"$/],
    [{ action: { ...http, method: "" } }, "", /^"http\.method" is empty$/],
    [{ action: { ...http, headers: { a: x } } }, "1\r\nb: 2", /^the header "a" must be one line/],
    [{ action: { kind: "argv", argv: [x] } }, "", /^"argv" begins with the name of a program/],
    [{ action: { kind: "argv", argv: [template("echo"), x] } }, "a\0b", /^word 1 of "argv" must not have a NUL/],
    [{ action: { kind: "argv", argv: Array<typeof x>(100_001).fill(x) } }, "x", /^"argv" has at most 100000 words/],
    [{ action: { kind: "run", script: template("echo \0"), shell: "sh" } }, "", /^"run" must not have a NUL/],
    [{ action: { kind: "script", module: long, export: "x", args: null } }, "", /^"script\.module" has at most/],
    [{ action: { kind: "script", module: "m.js", export: "", args: null } }, "", /^"script\.export" is empty/],
    [{ environment: { A: x } }, "a\0", /^the environment variable A must not have a NUL/],
    [{ environment: { "A=B": x } }, "a", /^the name of an environment variable must not be empty or have "="/],
    [{ files: { in: [], out: [x] } }, "../up", /^an entry of "files\.out" cannot be used: it leads out with "\.\."/],
    [{ files: { in: [], out: [x] } }, "", /^an entry of "files\.out" cannot be used: it is empty/],
    [{ files: { in: [x], out: [] } }, "/etc/*", /^an entry of "files\.in" cannot be used: it is absolute/],
    [{ files: { in: [], out: Array<typeof x>(10_001).fill(x) } }, "o", /^"files\.out" has at most 10000 files/],
    [{ needs: { ...task("a").needs, agent: x } }, long, /^"needs\.agent" has at most 4096/],
    [{ needs: { ...task("a").needs, memoryBytes: 2 ** 60 } }, "", /^"needs\.memory" must be whole bytes/],
  ];
  for (const [more, value, message] of cases) {
    const error = errorOf(runOf(more, { x: value }));
    assert.match(error.message, message);
    assert.equal(error.code, "plan");
  }
  for (const [more] of cases.slice(0, 2)) assert.deepEqual(runOf(more, { x: "http://host/x" }).queued(), ["a"]);
});

test("[FILE-2] a task whose path is too long for the wire fails", () => {
  const id = "n".repeat(64);
  const nested = (levels: number): NodeDefinition => (levels === 1 ? task(id) : pipeline(id, [nested(levels - 1)]));
  const start = (levels: number): Driver => new Driver(workflow([nested(levels)])).start();
  const pathOf = (levels: number): string => Array<string>(levels).fill(id).join("/");
  assert.deepEqual(start(63).queued(), [pathOf(63)]);
  const { error } = start(64).line(pathOf(64));
  assert.equal(error?.code, "plan");
  assert.match(error.message, /at most 4096 characters, this one has 4159/);
});
