import { stringify } from "yaml";
import { assertNever } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { RunLine } from "../model/run.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import { toDot } from "./dot.ts";
import { toDefinitionDrawing } from "./draw-definition.ts";
import { toRunDrawing } from "./draw-run.ts";
import { cleanText, everyNode, type DrawnNode, type Drawing } from "./drawing.ts";
import { toMermaid } from "./mermaid.ts";

/** Rule MET-2. */
export type DrawFormat = "dot" | "mermaid" | "json" | "yaml";
export const DRAW_FORMATS: readonly DrawFormat[] = ["dot", "mermaid", "json", "yaml"];

/** A definition as text in a format, ending in a line end. Nested levels are clusters, subgraphs or nested lists. Rule MET-2. */
export function drawDefinition(definition: WorkflowDefinition, format: DrawFormat): string {
  return write(toDefinitionDrawing(definition), format);
}

/** A run with the state of every node, as a colour and as a word. Rule MET-2. */
export function drawRun(run: RunLine, format: DrawFormat): string {
  return write(toRunDrawing(run), format);
}

function write(drawing: Drawing, format: DrawFormat): string {
  switch (format) {
    case "dot":
      return toDot(drawing);
    case "mermaid":
      return toMermaid(drawing);
    case "json":
      return `${JSON.stringify(toPlain(drawing), null, 2)}\n`;
    case "yaml":
      // Folded lines could be cut inside of a sign that takes two units.
      return stringify(toPlain(drawing), { aliasDuplicateObjects: false, lineWidth: 0 });
    default:
      return assertNever(format);
  }
}

/** The drawing as data: keys are replaced by the paths they stand for. */
function toPlain(drawing: Drawing): JsonObject {
  const paths = new Map([...everyNode(drawing.nodes)].map((node) => [node.key, node.path]));
  const edgesOf = (node: DrawnNode, kind: "after" | "instead"): readonly Json[] =>
    node.edges.filter((edge) => edge.kind === kind).map((edge) => paths.get(edge.from) ?? "");
  const toNode = (node: DrawnNode): JsonObject => {
    const after = edgesOf(node, "after");
    const instead = edgesOf(node, "instead");
    return {
      path: node.path,
      type: node.type,
      label: cleanText(node.label),
      ...(node.detail === null ? {} : { detail: cleanText(node.detail) }),
      ...(node.state === null ? {} : { state: node.state }),
      ...(after.length === 0 ? {} : { after }),
      ...(instead.length === 0 ? {} : { insteadOf: instead }),
      ...(node.nodes.length === 0 ? {} : { nodes: node.nodes.map(toNode) }),
    };
  };
  const state = drawing.state === null ? {} : { state: drawing.state };
  return { kind: drawing.kind, workflow: cleanText(drawing.workflow), ...state, nodes: drawing.nodes.map(toNode) };
}
