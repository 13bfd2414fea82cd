import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#core/base/json.ts";
import { checkInputs, inputsToJsonSchema, parseInputText } from "#core/workflow-file/inputs.ts";
import { parseDuration, parseSize } from "#core/workflow-file/units.ts";
import { parseText, problemsOf, sound, workflow } from "./support.ts";

const NODE = "  - { id: a, type: task, noop: {} }";
const INPUTS = `inputs:
  width: { type: integer, default: 320, minimum: 16, maximum: 4096, description: Pixels. }
  scale: { type: number, default: 1 }
  name: { type: string, pattern: "^[a-z]+$" }
  mode: { type: string, enum: [fast, good], default: fast }
  on: { type: boolean, default: false }
  tags: { type: list, default: [] }
  more: { type: object, default: {} }
`;
const DEFINITION = sound(parseText(workflow(NODE, INPUTS)));
const DEFAULTS = { width: 320, scale: 1, mode: "fast", on: false, tags: [], more: {} };

function messages(given: Readonly<Record<string, Json>>): readonly string[] {
  const result = checkInputs(DEFINITION, given);
  return result.ok ? [] : result.error.map(({ name, message }) => `${name}: ${message}`);
}

test("[FILE-6] sound inputs come back with the defaults of the others", () => {
  assert.deepEqual(checkInputs(DEFINITION, { name: "ada", width: 16 }), {
    ok: true,
    value: { ...DEFAULTS, name: "ada", width: 16 },
  });
});

test("[FILE-6] a number too large to be written is no input, however deep it lies", () => {
  for (const [name, text] of [
    ["tags", "[1e999]"],
    ["more", '{"a":[-1e999]}'],
    ["scale", "1e999"],
  ] as const) {
    const found = parseInputText(DEFINITION, name, text);
    assert.match(found.ok ? "" : found.error.message, /expected numbers that JSON can write/, name);
  }
});

test("[FILE-6] every problem of the inputs is told at once", () => {
  assert.deepEqual(messages({ width: 3, scale: "x", mode: "god", widht: 1 }), [
    'widht: "test" has no input "widht" (did you mean width?); it takes width, scale, name, mode, on, tags, more',
    'width: the input "width": expected at least 16, found 3',
    'scale: the input "scale": expected a number, found "x"',
    'name: the input "name" (string) is required',
    'mode: the input "mode": expected one of "fast", "good", found "god"',
  ]);
  assert.match(messages({ name: "Ada" }).join(), /expected text that matches \^\[a-z\]\+\$/);
  assert.match(messages({ name: "a".repeat(300) }).join(), /at most 256 characters/);
  assert.match(messages({ name: "a", width: 16.5 }).join(), /expected a whole number, found 16.5/);
  assert.match(messages({ name: "a", constructor: 1 }).join(), /has no input "constructor"/);
});

test("[FILE-6] the text of --input becomes a value of its input's type", () => {
  const value = (name: string, text: string): unknown => {
    const result = parseInputText(DEFINITION, name, text);
    return result.ok ? result.value : result.error.message;
  };
  assert.equal(value("width", "640"), 640);
  assert.equal(value("width", "6e2"), 600);
  assert.equal(value("width", "wide"), 'the input "width": expected a whole number such as 640, found "wide"');
  assert.equal(value("width", ""), 'the input "width": expected a whole number such as 640, found ""');
  assert.equal(value("width", "3"), 'the input "width": expected at least 16, found 3');
  assert.equal(value("name", "640"), 'the input "name": expected text that matches ^[a-z]+$, found "640"');
  assert.equal(value("on", "true"), true);
  assert.equal(value("on", "yes"), 'the input "on": expected true or false, found "yes"');
  assert.deepEqual(value("tags", '["a"]'), ["a"]);
  assert.equal(value("tags", "a"), 'the input "tags": expected a JSON list such as ["a","b"], found "a"');
  assert.equal(value("tags", "{}"), 'the input "tags": expected a list, found a map');
  assert.match(String(value("nam", "x")), /did you mean name\?/);
});

test("[FILE-6] inputs are shown to other programs as a JSON Schema", () => {
  const schema = inputsToJsonSchema(DEFINITION);
  assert.deepEqual(schema["required"], ["name"]);
  assert.deepEqual(schema["additionalProperties"], false);
  assert.deepEqual(Object.entries(schema["properties"] ?? {})[0], [
    "width",
    { type: "integer", description: "Pixels.", minimum: 16, maximum: 4096, default: 320 },
  ]);
});

test("[FILE-6] a pattern that could run for ever is refused, others are not", () => {
  const problems = (pattern: string): string =>
    problemsOf(parseText(workflow(NODE, `inputs: { a: { type: string, pattern: '${pattern}' } }\n`))).join();
  for (const pattern of ["(a+)+$", "(a|a)*b", "((a)*)*", "(.*)(.*)(.*)(.*)", "(a)\\1", "["])
    assert.match(problems(pattern), /^input /, pattern);
  for (const pattern of ["^[a-z0-9._-]+@[a-z.]+$", "^\\d{4}-\\d{2}$", "^(red|green)$", "^[(+]x*$"])
    assert.equal(problems(pattern), "", pattern);
});

test("[FILE-9] durations and sizes are read, and nothing that only looks like one", () => {
  const durations = ["250ms", "30s", "5m", "2h", "1.5s", "0s", "5", "5 m", "-1s", "1d", "9999999h", "1e3s", ""].map(
    parseDuration,
  );
  assert.deepEqual(durations, [250, 30_000, 300_000, 7_200_000, 1500, 0, null, null, null, null, null, null, null]);
  const sizes = ["512KiB", "1GiB", "0.5MiB", "4096", "7B", "1KB", "-1", "1 GiB", "999999999TiB"].map(parseSize);
  assert.deepEqual(sizes, [524_288, 2 ** 30, 524_288, 4096, 7, null, null, null, null]);
});

/** So many lists in each other. */
function nested(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`;
}

test("[FILE-6] values nested too deep are refused, however deep", () => {
  const deep = (levels: number): Json => JSON.parse(nested(levels)) as Json;
  assert.deepEqual(messages({ name: "ada", tags: deep(256) }), []);
  const expected = 'tags: the input "tags": expected at most 256 lists and maps inside each other, found more';
  assert.deepEqual(messages({ name: "ada", tags: deep(257) }), [expected]);
  assert.deepEqual(messages({ name: "ada", tags: deep(100_000) }), [expected]);
  const typed = parseInputText(DEFINITION, "tags", nested(100_000));
  assert.ok(!typed.ok && typed.error.message.includes("at most 256 lists"));
  const given = (levels: number): readonly string[] =>
    problemsOf(
      parseText(
        workflow(
          NODE,
          `inputs: { tags: { type: list, default: ${nested(levels)} } }\nvariables: { seen: ${nested(levels)} }\n`,
        ),
      ),
    );
  assert.deepEqual(given(256), []);
  assert.deepEqual(given(257), [
    "input main.yaml:3:40: expected at most 256 lists and maps inside each other, found more",
    "too-deep main.yaml:4:20: expected at most 256 lists and maps inside each other, found more",
  ]);
});
