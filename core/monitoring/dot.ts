import { captionOf, cleanText, everyNode, STATE_STYLES, type DrawnNode, type Drawing } from "./drawing.ts";

/** A drawing in Graphviz's language: levels as clusters. Accepted whatever the labels hold. Rule MET-2. */
export function toDot(drawing: Drawing): string {
  const lines = [
    `digraph ${quote(drawing.workflow)} {`,
    "  compound=true; rankdir=TB;",
    '  graph [fontname="sans-serif", style=rounded, color="#9ca3af"];',
    '  node [shape=box, style="rounded,filled", fontname="sans-serif", fillcolor="#ffffff", color="#4b5563"];',
    '  edge [color="#4b5563"];',
    `  label=${quote(titleOf(drawing))}; labelloc=t;`,
    ...drawing.nodes.flatMap((node) => drawNode(node, "  ")),
    ...drawEdges(drawing),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function titleOf(drawing: Drawing): string {
  return drawing.state === null ? drawing.workflow : `${drawing.workflow}: ${drawing.state}`;
}

function drawNode(node: DrawnNode, indent: string): readonly string[] {
  const label = captionOf(node);
  const style = styleOf(node);
  if (node.nodes.length === 0)
    return [`${indent}${node.key} [label=${quote(label)}${style === "" ? "" : `, ${style}`}];`];
  return [
    `${indent}subgraph cluster_${node.key} {`,
    `${indent}  label=${quote(label)};${style === "" ? "" : ` ${style.replaceAll(", ", "; ")};`}`,
    ...node.nodes.flatMap((child) => drawNode(child, `${indent}  `)),
    `${indent}}`,
  ];
}

function styleOf(node: DrawnNode): string {
  if (node.state === null) return node.type === "branch" ? 'style="rounded,dashed"' : "";
  const { fill, line, isDashed } = STATE_STYLES[node.state];
  return `style="rounded,filled${isDashed ? ",dashed" : ""}", fillcolor="${fill}", color="${line}"`;
}

/** Graphviz knows edges between nodes only; one that begins or ends at a cluster runs between leaves and is cut at its border. */
function drawEdges(drawing: Drawing): readonly string[] {
  const byKey = new Map([...everyNode(drawing.nodes)].map((node) => [node.key, node]));
  return [...byKey.values()].flatMap((node) =>
    node.edges.flatMap(({ from, kind }) => {
      const source = byKey.get(from);
      if (source === undefined) return [];
      const attributes = [
        ...(source.nodes.length > 0 ? [`ltail=cluster_${source.key}`] : []),
        ...(node.nodes.length > 0 ? [`lhead=cluster_${node.key}`] : []),
        ...(kind === "instead" ? ["style=dashed", 'label="instead"'] : []),
      ];
      const ends = `  ${lastLeaf(source).key} -> ${firstLeaf(node).key}`;
      return [attributes.length === 0 ? `${ends};` : `${ends} [${attributes.join(", ")}];`];
    }),
  );
}

function firstLeaf(node: DrawnNode): DrawnNode {
  const [first] = node.nodes;
  return first === undefined ? node : firstLeaf(first);
}

function lastLeaf(node: DrawnNode): DrawnNode {
  const last = node.nodes.at(-1);
  return last === undefined ? node : lastLeaf(last);
}

/** Graphviz reads backslashes and, in labels, HTML entities inside quotes. */
function quote(text: string): string {
  const escaped = cleanText(text)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("&", "&amp;")
    .replaceAll("\n", "\\n");
  return `"${escaped}"`;
}
