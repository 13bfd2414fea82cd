/** What may be written at a place of a workflow's text. `from` is where the word begins that is replaced; offsets in UTF-16 units. */
export interface Suggestions {
  readonly from: number;
  readonly kind: "key" | "value" | "expression";
  readonly options: readonly string[];
}

const TOP_KEYS = [
  "lanweave",
  "name",
  "description",
  "inputs",
  "variables",
  "defaults",
  "nodes",
  "outputs",
  "collect",
  "onFailure",
];
const NODE_KEYS = ["id", "type", "label", "dependsOn", "fault"];
const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  task: [
    "run",
    "argv",
    "script",
    "http",
    "sleep",
    "approve",
    "noop",
    "shell",
    "result",
    "environment",
    "files",
    "needs",
    "compensate",
    "set",
  ],
  pipeline: ["nodes"],
  parallel: ["forEach", "join", "maxConcurrency", "nodes"],
  conditional: ["if", "then", "else"],
  loop: ["while", "until", "times", "maxIterations", "nodes"],
  subworkflow: ["workflow", "with"],
};
/** Keys of the maps below a key, by that key. */
const KEYS_BELOW: Readonly<Record<string, readonly string[]>> = {
  fault: ["retry", "backoff", "timeout", "totalTimeout", "then", "lossLimit"],
  backoff: ["type", "initial", "factor", "max", "delay", "min"],
  files: ["in", "out"],
  needs: ["labels", "cpus", "memory", "gpus", "exclusive", "agent"],
  join: ["all", "any", "count", "percent", "rest"],
  then: ["runAlternative", "compensateAndRetry"],
  http: ["method", "url", "headers", "body", "expect"],
  script: ["module", "export", "args"],
  compensate: ["run", "argv", "shell"],
  defaults: ["fault", "environment", "needs", "shell"],
};
const INPUT_KEYS = ["type", "description", "default", "minimum", "maximum", "enum", "pattern"];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  type: Object.keys(KEYS_OF_TYPE),
  result: ["text", "json", "lines", "none"],
  shell: ["sh", "bash", "pwsh"],
  onFailure: ["stop", "compensate"],
  join: ["all", "any"],
};
const INPUT_TYPES = ["string", "integer", "number", "boolean", "list", "object"];
const EXPRESSION_ROOTS = ["inputs", "nodes", "variables", "item", "index", "previous", "iteration", "run"];

/** Every key of the format that has a text of its own for people. */
export const DOCUMENTED_KEYS: readonly string[] = [
  ...new Set([
    ...TOP_KEYS,
    ...NODE_KEYS,
    ...Object.values(KEYS_OF_TYPE).flat(),
    ...Object.values(KEYS_BELOW).flat(),
    ...INPUT_KEYS,
  ]),
].sort();

/**
 * What may be written at an offset of a workflow's text, or null where nothing can be said. Goes by lines and their indentation, so that
 * it answers while the text is half written, and reads the lines above only.
 */
export function suggest(text: string, offset: number): Suggestions | null {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(start, offset);
  const open = line.lastIndexOf("{{");
  if (open > line.lastIndexOf("}}")) return suggestExpression(text, offset, line.slice(open + 2));
  const value = /^(\s*(?:- )*)([A-Za-z]+):\s+(?:.*[[,]\s*)?([\w-]*)$/.exec(line);
  if (value !== null) return suggestValue(text, start, offset, value);
  const inFlow = /[{,]\s*([A-Za-z]*)$/.exec(line);
  const key = inFlow ?? /^\s*(?:- )*([A-Za-z]*)$/.exec(line);
  if (key === null) return null;
  const options = inFlow === null ? keysAt(text, start, line) : keysInFlow(text, start, line);
  return options.length === 0 ? null : { from: offset - (key[1] ?? "").length, kind: "key", options };
}

function suggestExpression(text: string, offset: number, written: string): Suggestions {
  const [, root, word = ""] = /(?:\b(inputs|nodes|variables)\.)?([\w-]*)$/.exec(written) ?? [];
  const from = offset - word.length;
  if (root === "nodes") return { from, kind: "expression", options: idsIn(text) };
  if (root === "inputs" || root === "variables") return { from, kind: "expression", options: keysOfBlock(text, root) };
  return { from, kind: "expression", options: EXPRESSION_ROOTS };
}

function suggestValue(text: string, start: number, offset: number, match: RegExpExecArray): Suggestions | null {
  const [, indent = "", key = "", word = ""] = match;
  const from = offset - word.length;
  if (key === "dependsOn") return { from, kind: "value", options: idsIn(text) };
  const isInput = key === "type" && parents(text, start, indent.length).includes("inputs");
  const options = isInput ? INPUT_TYPES : VALUES[key];
  return options === undefined ? null : { from, kind: "value", options };
}

function keysAt(text: string, start: number, line: string): readonly string[] {
  const indent = /^\s*(?:- )*/.exec(line)?.[0].length ?? 0;
  if (indent === 0) return TOP_KEYS;
  const [parent, grandparent] = parents(text, start, indent);
  const isList = parent === "then" && grandparent !== "fault";
  if (parent !== undefined && !isList && KEYS_BELOW[parent] !== undefined) return KEYS_BELOW[parent];
  if (grandparent === "inputs") return INPUT_KEYS;
  if (parent === "nodes" || parent === "then" || parent === "else") return nodeKeys(typeNear(text, start, indent));
  return [];
}

/** In a map that is written in one line, `{ id: a, …`. */
function keysInFlow(text: string, start: number, line: string): readonly string[] {
  const before = /([A-Za-z]+):\s*\{[^{}]*$/.exec(line)?.[1];
  if (before !== undefined && KEYS_BELOW[before] !== undefined) return KEYS_BELOW[before];
  const indent = /^\s*/.exec(line)?.[0].length ?? 0;
  if (before !== undefined && parents(text, start, indent)[0] === "inputs") return INPUT_KEYS;
  return /^\s*(?:nodes:\s*\[)?\s*- *\{|\[\s*\{/.test(line) ? nodeKeys(/\btype:\s*(\w+)/.exec(line)?.[1]) : [];
}

function nodeKeys(type: string | undefined): readonly string[] {
  return [...NODE_KEYS, ...(KEYS_OF_TYPE[type ?? "task"] ?? [])];
}

/** The keys a line lies below, the nearest first. */
function parents(text: string, start: number, indent: number): readonly string[] {
  const found: string[] = [];
  let limit = indent;
  for (const line of linesAbove(text, start)) {
    const [, spaces = "", dash = "", key] = /^(\s*)((?:- )*)([A-Za-z_][\w-]*):/.exec(line) ?? [];
    if (key === undefined) continue;
    const at = spaces.length + dash.length;
    const isBeginning = dash !== "" && spaces.length < limit && at >= limit;
    if (at < limit) {
      found.push(key);
      limit = spaces.length === at ? at : spaces.length + 1;
    } else if (isBeginning) limit = spaces.length + 1;
    if (limit <= 0) break;
  }
  return found;
}

/** The type of the node that a line at this indentation belongs to. */
function typeNear(text: string, start: number, indent: number): string | undefined {
  for (const line of linesAbove(text, start)) {
    const [, spaces = "", dash = "", rest = ""] = /^(\s*)((?:- )*)(.*)$/.exec(line) ?? [];
    if (rest === "") continue;
    const at = spaces.length + dash.length;
    if (at < indent) return undefined;
    const type = at === indent ? /^type:\s*(\w+)/.exec(rest)?.[1] : undefined;
    if (type !== undefined) return type;
    if (at === indent && dash !== "") return undefined;
  }
  return undefined;
}

function* linesAbove(text: string, start: number): Generator<string> {
  for (let end = start - 1; end > 0;) {
    const begin = text.lastIndexOf("\n", end - 1) + 1;
    yield text.slice(begin, end);
    end = begin - 1;
  }
}

function idsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\bid:\s*([A-Za-z][\w-]*)/g)].flatMap((match) => match[1] ?? []))];
}

function keysOfBlock(text: string, name: string): readonly string[] {
  const block = new RegExp(`^${name}:[^\\n]*\\n((?:[ \\t]+[^\\n]*\\n?|\\n)*)`, "m").exec(text)?.[1] ?? "";
  const indent = /^[ \t]+/.exec(block)?.[0].length ?? 0;
  const keys = [...block.matchAll(/^([ \t]+)([A-Za-z][\w-]*):/gm)];
  return keys.flatMap(([, spaces = "", key]) => (key !== undefined && spaces.length === indent ? [key] : []));
}
