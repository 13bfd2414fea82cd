import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { parseText, sound } from "../workflow-file/support.ts";

/** Labels and ids that mean something to one format or another. */
export const HOSTILE: readonly string[] = [
  'say "hi"',
  "two\nlines",
  "a]b[c{d}e(f)",
  "🎉 emoji 👩‍👩‍👧‍👦",
  "中文节点",
  "שלום עולם \u202e reversed",
  "<b>&amp;</b><script>alert(1)</script>",
  "back\\slash\\",
  "%%{init: {}}%%",
  "%% a comment",
  "`code`",
  "**bold** _italic_",
  "1. a list",
  "- another",
  "a;b:c#35;d",
  "end",
  "graph",
  "subgraph x",
  "style x:#1;",
  "click n0 href x",
  "\u0000\u0007\ud800",
  "--> subgraph",
  "-->",
  "n0 --> n1",
  "$$x^2$$",
  "fa:fa-ban",
  "yes",
  "null",
  "- : {}",
  "🏳️‍🌈".repeat(40),
  "x".repeat(5_000),
  "",
];

/** A workflow whose name and labels are hostile, nested two levels. */
export function hostile(labels: readonly string[]): WorkflowDefinition {
  const definition = plain(labels.length);
  const [parallel, ...rest] = definition.nodes;
  if (parallel?.type !== "parallel") throw new Error("the first node is a parallel");
  const inside = parallel.nodes.map((node, index) => ({ ...node, label: labels[index] ?? "" }));
  return {
    ...definition,
    name: labels.join(" "),
    nodes: [{ ...parallel, label: labels[0] ?? "", nodes: inside }, ...rest],
  };
}

/** The same with ids in place of labels, as no file could have them. */
export function hostileIds(ids: readonly string[]): WorkflowDefinition {
  const definition = plain(ids.length);
  const [parallel, ...rest] = definition.nodes;
  if (parallel?.type !== "parallel") throw new Error("the first node is a parallel");
  const inside = parallel.nodes.map((node, index) => {
    const before = ids[index - 1];
    return { ...node, id: ids[index] ?? "", dependsOn: before === undefined ? [] : [before] };
  });
  return { ...definition, nodes: [{ ...parallel, nodes: inside }, ...rest] };
}

function plain(count: number): WorkflowDefinition {
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    type: "task",
    noop: {},
    ...(index > 0 ? { dependsOn: [`t${index - 1}`] } : {}),
  }));
  const nodes = [
    { id: "p", type: "parallel", nodes: tasks },
    { id: "q", type: "task", noop: {}, dependsOn: ["p"] },
  ];
  return sound(parseText(JSON.stringify({ lanweave: 1, name: "x", nodes })));
}
