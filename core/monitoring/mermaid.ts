import type { NodeState } from "../model/run.ts";
import { captionOf, cleanText, everyNode, STATE_STYLES, type DrawnNode, type Drawing } from "./drawing.ts";

/** A drawing as a Mermaid flowchart: levels as subgraphs. Accepted whatever the labels hold. Rule MET-2. */
export function toMermaid(drawing: Drawing): string {
  const nodes = [...everyNode(drawing.nodes)];
  const lines = [
    "flowchart TB",
    ...drawing.nodes.flatMap((node) => drawNode(node, "  ")),
    ...nodes.flatMap((node) =>
      node.edges.map(({ from, kind }) =>
        kind === "after" ? `  ${from} --> ${node.key}` : `  ${from} -. instead .-> ${node.key}`,
      ),
    ),
    ...drawStates(nodes),
  ];
  return `${lines.join("\n")}\n`;
}

function drawNode(node: DrawnNode, indent: string): readonly string[] {
  const label = encode(captionOf(node));
  if (node.nodes.length === 0) return [`${indent}${node.key}["${label}"]`];
  return [
    `${indent}subgraph ${node.key}["${label}"]`,
    ...node.nodes.flatMap((child) => drawNode(child, `${indent}  `)),
    `${indent}end`,
  ];
}

function drawStates(nodes: readonly DrawnNode[]): readonly string[] {
  const byState = new Map<NodeState, string[]>();
  for (const { state, key } of nodes) {
    if (state === null) continue;
    const keys = byState.get(state);
    if (keys === undefined) byState.set(state, [key]);
    else keys.push(key);
  }
  return [...byState].flatMap(([state, keys]) => {
    const { fill, line, isDashed } = STATE_STYLES[state];
    const dashes = isDashed ? ",stroke-dasharray:4 3" : "";
    return [
      `  classDef ${state} fill:${fill},stroke:${line},color:#111827${dashes}`,
      `  class ${keys.join(",")} ${state}`,
    ];
  });
}

/**
 * Mermaid has no backslash escapes but numbered entities, which it takes apart before it reads anything else. So whatever could mean
 * something to it (quotes, brackets, `%%` of comments and directives, backticks, `#`, `;`, `:`) is written as one. Formulas (`$$`) and
 * names of icons (`fa:fa-…`) it looks for after that, so a space without width goes into them.
 */
function encode(text: string): string {
  const lines = hideMarks(cleanText(text)).split("\n");
  return lines
    .map((line) =>
      line.replace(/[^A-Za-z0-9 .,_\u00a1-\u{10ffff}-]/gu, (character) => `#${character.codePointAt(0) ?? 32};`),
    )
    .join("<br/>");
}

function hideMarks(text: string): string {
  return text.replaceAll("$$", "$\u200b$\u200b").replace(/(fa[bklrs]?:)(?=fa-)/g, "$1\u200b");
}
