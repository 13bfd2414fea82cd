import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkExpression, checkScript, checkTemplate } from "#core/expression/check.ts";
import { evaluateExpression } from "#core/expression/evaluate.ts";
import { findNear } from "#core/expression/near.ts";
import type { LocalName, ScopeTypes, ValueType } from "#core/expression/scope-types.ts";
import { parseTemplate } from "#core/expression/template.ts";

const SCOPE: ScopeTypes = {
  inputs: { width: "number", name: "string", tags: "list", deep: "object", on: "boolean" },
  variables: new Set(["done"]),
  nodes: new Set(["resize", "my-node"]),
  locals: new Set<LocalName>(["item", "index"]),
};

/** The first problem as `start-end message (suggestion)`, or nothing. */
function first(source: string, wanted?: ValueType, scope: ScopeTypes = SCOPE): string {
  const [problem] = checkExpression(source, scope, wanted);
  if (problem === undefined) return "";
  const { start, end, message, suggestion } = problem;
  return `${start}-${end} ${message}${suggestion === null ? "" : ` (${suggestion})`}`;
}

test("[FILE-5] sound expressions pass the check", () => {
  const sources = [
    "nodes.resize.completed >= 10",
    "inputs.width * 2 + index",
    "nodes['my-node'].result.anything[0].more",
    "inputs.tags[inputs.width]",
    "'a,b'.split(',')[inputs.width - 1]",
    "nodes.resize.files.map(f, f.name).join(' ')",
    "inputs.deep.any.thing",
    "has(inputs.deep.x) ? variables.done : null == item",
    "inputs.tags.filter(t, t != 'x').exists(t, t == item)",
    "level + 1",
    "type(item) == string",
  ];
  for (const source of sources) assert.equal(first(source), "", source);
});

test("[FILE-5] unknown names are found with what was meant and where they stand", () => {
  assert.equal(first("nodes.resise.result"), '6-12 unknown node "resise"; expected resize, my-node (resize)');
  assert.match(first("nodes.resize.reslt"), /^13-18 unknown field "reslt"; .* \(result\)$/);
  assert.equal(first("1 + inputs.widht"), '11-16 unknown input "widht"; expected width, name, tags, deep, on (width)');
  assert.equal(first("variables.dnoe"), '10-14 unknown variable "dnoe"; expected done (done)');
  assert.match(first("width > 3"), /^0-5 unknown name "width"; .* \(inputs\.width\)$/);
  assert.match(first("nodes.my-node.result"), /^6-8 unknown node "my"; .* \(nodes\["my-node"\]\)$/);
  assert.match(first("tags.all(t, t == x)"), /^0-4 unknown name "tags"/);
});

test("[FILE-5] names that exist elsewhere only are told so", () => {
  assert.equal(first("iteration"), '0-9 "iteration" exists only inside a loop');
  assert.match(first("previous"), /exists only inside a pipeline after its first node/);
  assert.match(first("result"), /exists only in set/);
  const none = { ...SCOPE, locals: new Set<LocalName>() };
  assert.match(first("item", "any", none), /exists only inside a parallel node with forEach/);
});

test("[FILE-5] operands and results of wrong types are found", () => {
  assert.equal(first("inputs.name * 2"), '0-15 "*" does not go with string and int');
  assert.equal(
    first("inputs.width + 'a'"),
    '0-18 "+" does not go with double and string; string(…) makes a number a text',
  );
  assert.equal(first("inputs.width", "boolean"), "0-12 expected true or false, found double");
  assert.equal(first("'a'", "list"), "0-3 expected a list, found string");
  assert.equal(first("nodes.resize.result", "list"), "");
  assert.equal(first("unknown(1)"), "0-10 there is no function unknown(int)");
  assert.equal(first("(1 + 2"), "6-6 expected ), found the end");
  assert.equal(first(" "), "0-1 expected an expression, found nothing");
});

test("[FILE-5] what could run for ever or hide a name is refused", () => {
  assert.match(first("inputs.tags.all(a, inputs.tags.all(b, inputs.tags.all(c, true)))"), /at most 2/);
  assert.match(first("inputs.name.matches('a+')"), /matches is switched off/);
  assert.match(first("inputs.tags.map(inputs, 1)"), /"inputs" already has a meaning here/);
  assert.match(first("nodes[item].result"), /expected "nodes" to be followed by the id/);
});

test("[FILE-4] the places of a template are checked where they stand", () => {
  const problems = checkTemplate("a {{ index }} b {{ foo }} {{ nodes.x.result", SCOPE);
  assert.deepEqual(
    problems.map(({ start, end, message }) => [start, end, message.slice(0, 20)]),
    [
      [19, 22, 'unknown name "foo"; '],
      [26, 43, "expected }} after {{"],
    ],
  );
  const [quoted] = checkScript("awk '{{ index }}'", SCOPE, "sh");
  assert.equal(quoted?.start, 5);
});

test("[FILE-5] neither check nor evaluation throws, whatever the text", () => {
  const token = fc.constantFrom(
    "inputs",
    ".",
    "width",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "&&",
    "nodes.resize",
    "'",
    '"',
    "1",
    "item",
    "map(x, ",
    "?",
    ":",
    "{{",
    "}}",
    " ",
  );
  const source = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(token, { maxLength: 25 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(source, (text) => {
      for (const { start, end } of checkExpression(text, SCOPE))
        assert.ok(start >= 0 && start <= end && end <= text.length);
      checkTemplate(text, SCOPE);
      checkScript(text, SCOPE, "sh");
      checkScript(text, SCOPE, "pwsh");
      const joined = parseTemplate(text).segments.map((part) =>
        part.kind === "text" ? part.text : `{{${part.source}}}`,
      );
      assert.ok(text.startsWith(joined.join("")));
      evaluateExpression(
        { kind: "expression", source: text },
        { inputs: { width: 1 }, variables: {}, nodes: {}, level: 1 },
      );
    }),
    { numRuns: 500 },
  );
});

test("[FILE-6] a near miss is near", () => {
  const names = ["run", "result", "dependsOn", "environment"];
  assert.equal(findNear("reslt", names), "result");
  assert.equal(findNear("dependson", names), "dependsOn");
  assert.equal(findNear("dpeendsOn", names), "dependsOn");
  assert.equal(findNear("rnu", names), "run");
  assert.equal(findNear("xyz", names), null);
  assert.equal(findNear("q", names), null);
});
