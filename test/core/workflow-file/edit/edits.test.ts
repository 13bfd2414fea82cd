import assert from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#core/workflow-file/edit/edit.ts";
import type { EditResult } from "#core/workflow-file/edit/problem.ts";
import { addNode } from "#core/workflow-file/edit/add-node.ts";
import { connect, disconnect } from "#core/workflow-file/edit/connect.ts";
import { copyNodes, duplicateNode, moveNode, pasteNodes } from "#core/workflow-file/edit/move-node.ts";
import { removeNodes } from "#core/workflow-file/edit/remove-node.ts";
import { renameNode } from "#core/workflow-file/edit/rename-node.ts";
import { setField } from "#core/workflow-file/edit/set-field.ts";
import { unwrapNode, wrapNodes } from "#core/workflow-file/edit/wrap-nodes.ts";

const FILE = `# The head.
lanweave: 1
name:   "odd spacing" # kept
inputs: { width: { type: integer, default: 320 } }
nodes:
  # Lists the pictures.
  - id: list
    type: task
    run: |
      ls *.jpg   # in the shell
    result: lines

  - { id: wait, type: task, sleep: 5s } # one line
  - id: resize
    type: parallel
    dependsOn: [list, wait] # both
    forEach: nodes.list.result
    nodes:
      # One picture.
      - id: one
        type: task
        argv: [convert, "{{ item }}", '{{ nodes.list.files }}']
  - id: done
    type: task
    dependsOn: resize
    run: echo {{ nodes.resize.completed }} of {{ nodes["list"].result }}
outputs: { names: nodes.list.result }
`;

function edited(result: EditResult): string {
  assert.ok(result.ok, result.ok ? "" : `${result.error.code}: ${result.error.message}`);
  assert.deepEqual(
    problemsOf(result.value.text).filter(({ severity }) => severity === "error"),
    [],
  );
  return result.value.text;
}

/** Lines that are gone and lines that are new. */
function difference(
  before: string,
  after: string,
): { readonly gone: readonly string[]; readonly fresh: readonly string[] } {
  const old = before.split("\n");
  const now = after.split("\n");
  return { gone: old.filter((line) => !now.includes(line)), fresh: now.filter((line) => !old.includes(line)) };
}

const ROOT = { parent: null, key: "nodes" } as const;

test("[WIN-25] an added node of each type is a few new lines, and nothing else changes", () => {
  assert.deepEqual(problemsOf(FILE), []);
  for (const type of ["task", "pipeline", "parallel", "conditional", "loop", "subworkflow"] as const) {
    for (const place of [ROOT, { parent: "resize", key: "nodes" } as const]) {
      const text = edited(addNode(FILE, { type, place, index: 1 }));
      const { gone, fresh } = difference(FILE, text);
      assert.deepEqual(gone, []);
      assert.ok(fresh.length > 0);
    }
  }
  const first = edited(addNode("lanweave: 1\nname: new\nnodes: []\n", { type: "task", place: ROOT }));
  assert.equal(first, "lanweave: 1\nname: new\nnodes:\n  - id: task\n    type: task\n    run: echo hello\n");
});

test("[WIN-25] a renamed node is renamed wherever it is meant, and nowhere else", () => {
  assert.deepEqual(difference(FILE, edited(renameNode(FILE, "list", "find"))), {
    gone: [
      "  - id: list",
      "    dependsOn: [list, wait] # both",
      "    forEach: nodes.list.result",
      `        argv: [convert, "{{ item }}", '{{ nodes.list.files }}']`,
      `    run: echo {{ nodes.resize.completed }} of {{ nodes["list"].result }}`,
      "outputs: { names: nodes.list.result }",
    ],
    fresh: [
      "  - id: find",
      "    dependsOn: [find, wait] # both",
      "    forEach: nodes.find.result",
      `        argv: [convert, "{{ item }}", '{{ nodes.find.files }}']`,
      `    run: echo {{ nodes.resize.completed }} of {{ nodes["find"].result }}`,
      "outputs: { names: nodes.find.result }",
    ],
  });
  const dashed = edited(renameNode(FILE, "list", "my-list"));
  assert.match(dashed, /forEach: "nodes\['my-list'\]\.result"|forEach: nodes\['my-list'\]\.result/);
  const taken = renameNode(FILE, "list", "done");
  assert.equal(taken.ok ? "" : taken.error.code, "bad-id");
});

test("[WIN-25] a name that a nearer node has is left alone", () => {
  const text = `lanweave: 1
name: shadows
nodes:
  - { id: a, type: task, run: echo 1 }
  - id: box
    type: pipeline
    dependsOn: a
    nodes:
      - { id: a, type: task, run: "echo {{ nodes.a.result }}" }
      - { id: b, type: task, run: "echo {{ nodes.a.result }}" }
`;
  assert.deepEqual(difference(text, edited(renameNode(text, "a", "outer"))).fresh, [
    "  - { id: outer, type: task, run: echo 1 }",
    "    dependsOn: outer",
    `      - { id: a, type: task, run: "echo {{ nodes.outer.result }}" }`,
  ]);
});

test("[WIN-25] removing cleans up who waited, and is refused while an expression asks for the node", () => {
  assert.deepEqual(difference(FILE, edited(removeNodes(FILE, ["wait"]))), {
    gone: ["  - { id: wait, type: task, sleep: 5s } # one line", "    dependsOn: [list, wait] # both"],
    fresh: ["    dependsOn: [list] # both"],
  });
  const refused = removeNodes(FILE, ["list"]);
  assert.ok(!refused.ok);
  assert.match(refused.error.message, /list/);
});

test("[WIN-25] a connection is one entry, and a circle is refused with the way around it", () => {
  const text = edited(connect(FILE, "wait", "done"));
  assert.deepEqual(difference(FILE, text).fresh, ["    dependsOn: [resize, wait]"]);
  assert.equal(edited(disconnect(text, "wait", "done")), FILE.replace("dependsOn: resize", "dependsOn: [resize]"));
  const circle = connect(FILE, "done", "list");
  assert.deepEqual(circle, {
    ok: false,
    error: { code: "cycle", message: "they would wait for each other: done -> resize -> list -> done" },
  });
  const far = connect(FILE, "list", "resize/one");
  assert.equal(far.ok ? "" : far.error.code, "not-siblings");
});

test("[WIN-25] wrapped nodes keep their text, and what was around them waits for the container", () => {
  const text = edited(wrapNodes(FILE, ["resize", "done"], "pipeline", "work"));
  assert.match(text, /- id: work\n {4}type: pipeline\n {4}dependsOn: \[list, wait\]\n {4}nodes:\n {6}- id: resize/m);
  assert.match(text, /# One picture\./);
  assert.match(text, /- id: done\n {8}type: task\n {8}dependsOn: resize/);
  const back = edited(unwrapNode(text, "work"));
  assert.match(back, /\n {2}- id: resize\n {4}type: parallel\n {4}dependsOn: \[list, wait\]/);
  const loop = wrapNodes(FILE, ["list", "wait"], "parallel");
  assert.ok(!loop.ok, "list is asked for from outside");
});

test("[WIN-25] a node moves into a container and out again with its comment", () => {
  const start = edited(addNode(FILE, { type: "task", place: ROOT, id: "extra" }));
  const inside = edited(moveNode(start, "wait", { parent: "resize", key: "nodes" }));
  assert.match(inside, /\n {6}- \{ id: wait, type: task, sleep: 5s \} # one line\n/);
  assert.match(inside, /dependsOn: \[list\] # both/);
  const out = edited(moveNode(inside, "resize/wait", ROOT, 0));
  assert.match(out, /nodes:\n {2}- \{ id: wait[^\n]*\n {2}# Lists the pictures\.\n/);
  const refused = moveNode(FILE, "resize", { parent: "resize", key: "nodes" });
  assert.equal(refused.ok ? "" : refused.error.code, "into-itself");
});

test("[WIN-25] copies get ids of their own", () => {
  const text = edited(duplicateNode(FILE, "resize"));
  assert.match(text, /- id: resize-2\n {4}type: parallel\n {4}dependsOn: \[list, wait\] # both/);
  const pasted = edited(pasteNodes(FILE, copyNodes(FILE, ["done"]), ROOT));
  assert.match(pasted, /- id: done-2/);
});

test("[WIN-25] fields are set where they stand, added in their place, and taken away", () => {
  const labelled = edited(setField(FILE, "list", ["label"], "All: pictures"));
  assert.deepEqual(difference(FILE, labelled).fresh, ['    label: "All: pictures"']);
  const retried = edited(setField(FILE, "resize", ["fault", "retry"], 3));
  assert.match(retried, /forEach: nodes\.list\.result\n {4}fault: \{ retry: 3 \}\n {4}nodes:/);
  assert.equal(edited(setField(retried, "resize", ["fault", "retry"], undefined)), FILE);
  const flow = edited(setField(FILE, "wait", ["sleep"], "7s"));
  assert.deepEqual(difference(FILE, flow).fresh, ["  - { id: wait, type: task, sleep: 7s } # one line"]);
  const run = edited(setField(FILE, "list", ["run"], "ls\necho two\n"));
  assert.deepEqual(difference(FILE, run).fresh, ["      ls", "      echo two"]);
  const wrong = setField(FILE, "list", ["fault", "timeout"], "soon");
  assert.ok(!wrong.ok);
  assert.match(wrong.error.message, /duration/);
});

test("[WIN-25] a file in JSON stays JSON", () => {
  const json = '{"lanweave":1,"name":"j","nodes":[{"id":"a","type":"task","run":"echo"}]}';
  let text = edited(addNode(json, { type: "loop", place: ROOT }));
  text = edited(connect(text, "a", "loop"));
  text = edited(renameNode(text, "a", "first"));
  text = edited(wrapNodes(text, ["first", "loop"], "pipeline"));
  assert.equal((JSON.parse(text) as { name: string }).name, "j");
});
