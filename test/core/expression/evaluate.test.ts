import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#core/base/json.ts";
import { evaluateExpression, renderTemplate, renderText, renderTree } from "#core/expression/evaluate.ts";
import type { NodeScope, ScopeValues } from "#core/expression/scope.ts";

const NODE: NodeScope = {
  state: "completed",
  result: null,
  files: [],
  completed: 0,
  failed: 0,
  skipped: 0,
  total: 0,
  iterations: 0,
};

const SCOPE: ScopeValues = {
  inputs: { width: 640, scale: 1.5, name: "Ada", tags: ["a", "b"], deep: { constructor: "x" } },
  variables: { done: 2 },
  nodes: {
    resize: { ...NODE, completed: 12, total: 12, result: { score: 0.75, counts: [1, 2, 3] } },
    "my-node": { ...NODE, result: "yes" },
  },
  level: 1,
  item: "photos/a b.jpg",
  index: 3,
  iteration: 2,
  previous: null,
  result: { score: 1 },
};

function evaluate(source: string, scope: ScopeValues = SCOPE): Json {
  const result = evaluateExpression({ kind: "expression", source }, scope);
  return result.ok ? result.value : `error: ${result.error.message}`;
}

function failure(source: string, scope: ScopeValues = SCOPE): string {
  const result = evaluateExpression({ kind: "expression", source }, scope);
  assert.equal(result.ok, false, source);
  return result.ok ? "" : `${result.error.code}: ${result.error.message}`;
}

test("[FILE-5] numbers from data mix with literals of either kind as a user expects", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["nodes.resize.completed >= 10", true],
    ["inputs.width * 2", 1280],
    ["inputs.width / 2", 320],
    ["inputs.width * inputs.scale", 960],
    ["inputs.width / 3 > 213.3", true],
    ["int(inputs.width / 3)", 213],
    ["result.score > 0.5", true],
    ["nodes.resize.result.score + 1", 1.75],
    ["iteration < 3", true],
    ["index + 1", 4],
    ["index % 2 == 1", true],
    ["index == 3 && 3 == index && index != 4.0", true],
    ["index in [1, 2, 3]", true],
    ["-index", -3],
    ["size(inputs.tags) + index", 5],
    ["size(inputs.tags) == 2", true],
    ["inputs.tags[index - 2]", "b"],
    ["nodes.resize.result.counts[index - 1]", 3],
    ["inputs.name.substring(index - 2)", "da"],
    ["string(index) + 'x'", "3x"],
    ["7 / 2", 3],
    ["7 / 2.0", 3.5],
    ["1.0 == 1", true],
    ["variables.done + 1", 3],
    ["level", 1],
  ];
  for (const [source, expected] of cases) assert.deepEqual(evaluate(source), expected, source);
});

test("[FILE-5] lists, maps and texts come back as plain JSON", () => {
  assert.deepEqual(evaluate("{'a': [1, 2.5, 'x', null, true], 'b': {'c': 3u}}"), {
    a: [1, 2.5, "x", null, true],
    b: { c: 3 },
  });
  assert.deepEqual(evaluate("nodes.resize.result.counts.map(n, n * 2).filter(n, n > 2)"), [4, 6]);
  assert.equal(evaluate("inputs.tags.exists(t, t == 'b') && !inputs.tags.all(t, t == 'b')"), true);
  assert.equal(evaluate("nodes['my-node'].result"), "yes");
  assert.equal(evaluate("previous == null ? 'none' : 'some'"), "none");
  assert.equal(evaluate("has(inputs.nothing)"), false);
  assert.equal(evaluate("inputs.tags.join(', ')"), "a, b");
});

test("[FILE-5] brackets do not change what is counted", () => {
  assert.deepEqual(evaluate("inputs.tags.map(t, (t + (t)) + ('!'))"), ["aa!", "bb!"]);
  assert.equal(evaluate("((index) + 1) * ((2) + (index))"), 20);
  assert.equal(evaluate("(inputs.tags + (['c'])) == ((['a']) + ['b', 'c'])"), true);
});

test("[FILE-5] what an object inherits is out of reach", () => {
  for (const source of [
    "inputs.constructor",
    "inputs['constructor']",
    "inputs.__proto__",
    "inputs.toString",
    "'a'.constructor",
  ])
    assert.match(failure(source), /^expression: /, source);
  assert.match(failure("nodes.constructor.result"), /there is no node "constructor" here/);
  assert.match(failure("nodes.__proto__.result"), /there is no node "__proto__" here/);
});

test("[FILE-5] a failing expression says which it is and why", () => {
  assert.equal(failure("inputs.widht"), 'expression: in the expression "inputs.widht": there is no "widht" in it');
  assert.match(failure("'x' + index"), /"\+" does not go with string and double; string\(…\) makes a number a text/);
  assert.match(failure("1 / 0"), /division by zero/);
  assert.match(failure("1.0 / 0"), /not a finite number/);
  assert.match(failure("9007199254740993 + 0"), /larger than a JSON number can hold exactly/);
  assert.match(failure("b'abc'"), /neither text, number/);
  assert.match(failure("nodes.gone.result"), /there is no node "gone" here/);
  assert.match(failure("missing"), /"missing" is not known here/);
  const { item: _item, ...without } = SCOPE;
  assert.match(failure("item", without), /"item" is not known here/);
});

test("[FILE-5] no expression runs for ever", () => {
  const list = Array.from({ length: 2_000 }, (_, index) => index);
  const scope = { ...SCOPE, inputs: { list, long: "ab".repeat(500_000) } };
  const deep = "inputs.list.all(a, inputs.list.all(b, inputs.list.all(c, true)))";
  assert.match(failure(deep, scope), /at most 2 of all, exists, map and filter may stand inside each other/);
  const costly = [
    "inputs.list.all(a, inputs.list.all(b, a + b >= 0))",
    "inputs.list.all(a, !(-1 in inputs.list))",
    "inputs.list.all(a, inputs.list == inputs.list)",
    "inputs.long.split('').map(a, inputs.long.contains('c'))",
    "cel.bind(a, inputs.long + inputs.long, cel.bind(b, a + a + a + a, cel.bind(c, b + b + b + b, c + c + c + c)))",
  ];
  for (const source of costly) assert.match(failure(source, scope), /takes more than 1000000 steps/, source);
  assert.match(failure("'a'.matches('(a+)+$')"), /matches is switched off/);
  assert.match(failure("(".repeat(100) + "1" + ")".repeat(100)), /maxDepth/);
  assert.match(failure("!".repeat(9_000) + "true"), /^expression: /);
  assert.match(failure(`"${"x".repeat(20_000)}"`), /at most 10000 characters/);
  assert.equal(evaluate("size(inputs.list.map(a, a * 2).filter(b, b % 3 == 0))", scope), 667);
});

test("[FILE-5] an expression cannot name what counts its work", () => {
  assert.match(failure("lanweave_budget"), /unknown name/);
  assert.match(failure("lanweave_step(1, 2)"), /unknown function/);
});

test("[FILE-5] only the nodes and fields that an expression names are asked for", () => {
  const asked: string[] = [];
  const node = new Proxy(NODE, {
    get(target, key, receiver): unknown {
      asked.push(String(key));
      return Reflect.get(target, key, receiver);
    },
  });
  const nodes = new Proxy<Record<string, NodeScope>>(
    {},
    { get: (_target, key) => (key === "lazy" ? node : undefined) },
  );
  assert.equal(evaluate("nodes.lazy.completed == 0 && nodes.lazy.state == 'completed'", { ...SCOPE, nodes }), true);
  assert.deepEqual(asked.sort(), ["completed", "state"]);
});

test("[FILE-4] a template that is one place keeps its value's type, any other is text", () => {
  const render = (source: string): Json => {
    const result = renderTemplate({ kind: "template", source }, SCOPE);
    return result.ok ? result.value : result.error.message;
  };
  assert.deepEqual(render("{{ inputs.tags }}"), ["a", "b"]);
  assert.equal(render("{{ index }}"), 3);
  assert.equal(render("{{ index }} "), "3 ");
  assert.equal(render("out/{{ index }}-{{ inputs.name }}.png"), "out/3-Ada.png");
  assert.equal(render("plain"), "plain");
  assert.equal(render(""), "");
  assert.equal(render('a {{ "{{" }} b {{ "}}" }}'), "a {{ b }}");
  assert.deepEqual(render('{{ {"a": {"b": "}}"}} }}'), { a: { b: "}}" } });
  assert.equal(
    render("{{ nodes.gone.result }}"),
    'in the expression "nodes.gone.result": there is no node "gone" here',
  );
});

test("[FILE-4] in text, null is nothing and lists and maps are JSON", () => {
  const result = renderText(
    { kind: "template", source: "{{ previous }}|{{ true }}|{{ inputs.tags }}|{{ result }}|{{ 1.5 }}" },
    SCOPE,
  );
  assert.deepEqual(result, { ok: true, value: '|true|["a","b"]|{"score":1}|1.5' });
});

test("[FILE-4] a tree of templates keeps its shape", () => {
  const text = (source: string) => ({ kind: "template", source }) as const;
  const tree = {
    kind: "object",
    entries: { list: [text("{{ index }}"), 1, null, true], name: text("x{{ index }}") },
  } as const;
  assert.deepEqual(renderTree(tree, SCOPE), { ok: true, value: { list: [3, 1, null, true], name: "x3" } });
});
