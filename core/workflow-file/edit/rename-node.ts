import { isMap, isScalar } from "yaml";
import { FORBIDDEN_NAMES, ID_PATTERN } from "../schema.ts";
import { replaceDependency } from "./depends.ts";
import { edit } from "./edit.ts";
import { listAt, nodeAt, pathIn, readOutline, siblingsOf, valueOf } from "./outline.ts";
import { writePair } from "./pairs.ts";
import { Refusal, type EditResult } from "./problem.ts";
import { applyChanges, renameReferences } from "./references.ts";
import { writeField } from "./set-field.ts";

/** Gives a node another id, wherever it is meant: in `dependsOn`, as an alternative, in expressions that see it. */
export function renameNode(text: string, path: string, id: string): EditResult {
  return edit(text, () => {
    const node = nodeAt(readOutline(text), path);
    if (id === node.id) return { text, selected: path };
    if (!ID_PATTERN.test(id) || FORBIDDEN_NAMES.includes(id))
      throw new Refusal("bad-id", `expected a letter, then at most 63 letters, digits, - or _; found "${id}"`);
    if (siblingsOf(readOutline(text), node).some((each) => each.id === id))
      throw new Refusal("bad-id", `a sibling is called "${id}" already`);
    return { text: renameAll(text, path, id), selected: pathIn(node.list, id) };
  });
}

function renameAll(text: string, path: string, id: string): string {
  const node = nodeAt(readOutline(text), path);
  let now = text;
  for (const sibling of siblingsOf(readOutline(text), node)) {
    now = replaceDependency(now, sibling.path, node.id, id);
    const fault = valueOf(sibling.map, "fault");
    const then = isMap(fault) ? valueOf(fault, "then") : undefined;
    const alternative = isMap(then) ? valueOf(then, "runAlternative") : undefined;
    if (isScalar(alternative) && alternative.value === node.id)
      now = writeField(now, sibling.path, ["fault", "then", "runAlternative"], id);
  }
  const outline = readOutline(now);
  now = applyChanges(now, renameReferences(outline, listAt(outline, node.list), node.id, id));
  const renamed = readOutline(now);
  return writePair(now, nodeAt(renamed, path).map, "id", id, renamed.isJson);
}
