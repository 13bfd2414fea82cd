import type { NodeLine, RunLine } from "../model/run.ts";
import type { DrawnEdge, DrawnNode, Drawing } from "./drawing.ts";

/** A run as a drawing: what there is of it, nested by path, with the state of each node as a word. */
export function toRunDrawing(run: RunLine): Drawing {
  const keys = new Map(run.nodes.map((node, index): [string, string] => [node.path, `n${index}`]));
  const children = new Map<string, NodeLine[]>();
  for (const node of run.nodes) {
    const parent = parentPath(node.path, keys);
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [node]);
    else list.push(node);
  }

  function draw(node: NodeLine): DrawnNode {
    const edges = node.dependsOn.flatMap((path): DrawnEdge[] => {
      const from = keys.get(path);
      return from === undefined ? [] : [{ from, kind: "after" }];
    });
    const label = node.label === "" ? lastStep(node.path) : node.label;
    const nodes = (children.get(node.path) ?? []).map(draw);
    return {
      key: keys.get(node.path) ?? "",
      path: node.path,
      type: node.type,
      label,
      detail: describe(node),
      state: node.state,
      edges,
      nodes,
    };
  }

  return { kind: "run", workflow: run.workflow, state: run.state, nodes: (children.get("") ?? []).map(draw) };
}

/** The nearest path around this one that is a node of the run: `a` of `a[2]`, `a[2]` of `a[2]/b`; `""` at the top. */
function parentPath(path: string, known: ReadonlyMap<string, string>): string {
  let parent = path;
  do
    parent = parent.endsWith("]")
      ? parent.slice(0, parent.lastIndexOf("["))
      : parent.slice(0, Math.max(0, parent.lastIndexOf("/")));
  while (parent !== "" && !known.has(parent));
  return parent;
}

function lastStep(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function describe(node: NodeLine): string {
  const phase = node.phase === null ? node.state : `${node.state}, ${node.phase}`;
  return node.attempt > 1 ? `${phase}, attempt ${node.attempt}` : phase;
}
