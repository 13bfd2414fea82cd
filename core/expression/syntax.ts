import type { ASTNode } from "@marcbachmann/cel-js";

/** A call whose arguments are evaluated once for every item of its receiver. */
const LOOPS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** `receiver.map(variable, body, body)` and its kin, `cel.bind(variable, value, body)`, or null for any other node. */
export function toBinder(
  node: ASTNode,
): { readonly variable: ASTNode; readonly rest: readonly ASTNode[]; readonly isLoop: boolean } | null {
  if (node.op !== "rcall") return null;
  const [name, receiver, parameters] = node.args;
  const [variable, ...rest] = parameters;
  if (variable === undefined || rest.length === 0) return null;
  if (LOOPS.has(name) && rest.length <= (name === "map" ? 2 : 1)) return { variable, rest, isLoop: true };
  if (name === "bind" && rest.length === 2 && receiver.op === "id" && receiver.args === "cel")
    return { variable, rest, isLoop: false };
  return null;
}

/** The nodes directly below `node`, in source order. */
export function children(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "list":
    case "?:":
      return node.args;
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}

/** `nodes.x` and `nodes["x"]`: the name that is asked for, or null when it is only known when the expression runs. */
export function toMember(
  node: ASTNode,
): { readonly of: ASTNode; readonly name: string; readonly start: number; readonly end: number } | null {
  if (node.op === ".") return { of: node.args[0], name: node.args[1], start: node.pos, end: node.end };
  if (node.op !== "[]") return null;
  const [of, key] = node.args;
  if (key.op !== "value" || typeof key.args !== "string") return null;
  return { of, name: key.args, start: key.start, end: key.end };
}
