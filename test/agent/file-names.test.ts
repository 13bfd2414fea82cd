import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, specOf } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";

test("[FLEET-9] an output file whose name no other machine could use fails the attempt with a reason", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["printf x > 'a\\b.txt'", "*", /"a\\\\b\.txt" cannot be taken: it has a backslash/],
    ["mkdir 'd\\e'; echo > 'd\\e/x'", "**", /"d\\\\e\/x" cannot be taken: it has a backslash/],
    ["touch \"$(printf 'a\\rb.txt')\"", "*.txt", /"a\\rb\.txt" cannot be taken: it has control characters/],
    ["touch \"$(printf 'a\\033b')\"", "a*", /"a\\u001bb" cannot be taken: it has control characters/],
    ["touch \"$(printf 'a\\302\\205b')\"", "a*", /cannot be taken: it has control characters/],
    ["touch C:x", "*", /"C:x" cannot be taken: it is absolute/],
    ["touch \"$(printf 'a\\377b')\"", "a*", /^files: .*"a\ufffdb" cannot be taken: its name is not text in UTF-8/],
    ["touch ok \"$(printf 'a\\rb')\"", "ok", /^success/],
  ];
  for (const [index, [script, pattern, expected]] of cases.entries()) {
    const path = `n${index}`;
    link.assign(specOf(path, script, { filesOut: [pattern] }));
    const outcome = await link.outcome(keyOf(path));
    const told = outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.kind;
    assert.match(told, expected, script);
  }
  assert.equal(link.closedWith, undefined);
});
