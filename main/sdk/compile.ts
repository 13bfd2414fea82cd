import { readFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { JsonObject } from "#core/base/json.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { messageOf, WorkflowError } from "./errors.ts";
import type { BuiltNode, StoredFunction } from "./node.ts";
import type { FaultOptions } from "./options.ts";

/** Where the functions of a definition seem to be: what has this module runs in the process that built it. */
export const FUNCTIONS_MODULE = "functions-of-this-process.js";

/** What a workflow is made from. */
export interface WorkflowSource {
  /** As a workflow file has it, without `nodes`. */
  readonly head: JsonObject;
  /** Null when `head` is a whole workflow, nodes and all. */
  readonly nodes: readonly BuiltNode[] | null;
  /** The file it was read from, or null. */
  readonly file: { readonly path: string; readonly text: string } | null;
  /** Where files and modules are looked for. */
  readonly folder: string;
}

/** A function of a workflow. The node's ids, with those of the workflow file it is in, tell it from others. */
export interface WorkflowFunction {
  readonly path: string;
  readonly run: StoredFunction;
}

export interface Compiled {
  readonly definition: WorkflowDefinition;
  readonly functions: ReadonlyMap<string, WorkflowFunction>;
  /** The workflow and the workflows in it as files, itself first. */
  readonly files: ReadonlyMap<string, JsonObject>;
}

/** Compiles a workflow and checks it as if it had been read from a file. Throws `WorkflowError` with every problem. */
export function compile(source: WorkflowSource, fault: FaultOptions | null): Compiled {
  const compiler = new Compiler(fault);
  const main = compiler.add(source);
  const texts = new Map([...compiler.files].map(([name, document]) => [name, JSON.stringify(document, null, 2)]));
  // As it was written, so that problems are told where they are.
  if (source.file !== null && fault === null) texts.set(main, source.file.text);
  const resolve = (reference: string, from: string): Result<{ file: string; text: string }, string> => {
    const name = reference.startsWith(BUILT) ? reference : null;
    const text = name === null ? undefined : texts.get(name);
    return name !== null && text !== undefined
      ? ok({ file: name, text })
      : readReference(source.folder, reference, from);
  };
  const parsed = parseWorkflow(texts.get(main) ?? "", { file: main, resolve });
  if (parsed.ok) return { definition: parsed.value, functions: compiler.functions, files: compiler.files };
  throw new WorkflowError(nameOf(source), parsed.error, (problem) => describePlace(problem, texts));
}

/** What the names of workflows begin with that were built here, and are no files. */
export const BUILT = "built/";
const MAX_EXCERPT = 100;

function describePlace({ file, line, column }: WorkflowProblem, texts: ReadonlyMap<string, string>): string {
  const text = texts.get(file)?.split("\n")[line - 1]?.trim();
  if (text === undefined || !file.startsWith(BUILT)) return `${file}:${line}:${column}`;
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;
}

function readReference(
  folder: string,
  reference: string,
  from: string,
): Result<{ file: string; text: string }, string> {
  const around = from.startsWith(BUILT) ? folder : path.dirname(from);
  const file = path.resolve(around, reference);
  try {
    return ok({ file, text: readFileSync(file, "utf8") });
  } catch (error) {
    return err(messageOf(error));
  }
}

function nameOf({ head }: WorkflowSource): string {
  return String(head["name"]);
}

class Compiler {
  readonly functions = new Map<string, WorkflowFunction>();
  readonly files = new Map<string, JsonObject>();
  readonly #fault: FaultOptions | null;
  readonly #names = new Map<WorkflowSource, string>();

  constructor(fault: FaultOptions | null) {
    this.#fault = fault;
  }

  /** The name it goes by as a file. One that is used twice is there once. */
  add(source: WorkflowSource): string {
    const known = this.#names.get(source);
    if (known !== undefined) return known;
    const name = source.file?.path ?? this.#freeName(nameOf(source));
    this.#names.set(source, name);
    this.files.set(name, {});
    const nodes = source.nodes?.map((node) => this.#node(node, name, ""));
    const head = this.#head(source.head);
    this.files.set(name, nodes === undefined ? head : { lanweave: 1, ...head, nodes });
    return name;
  }

  /** What the workflow says itself comes before the fault handler. */
  #head(head: JsonObject): JsonObject {
    if (this.#fault === null) return head;
    const defaults = toMap(head["defaults"]);
    const fault = { ...toPlain(this.#fault), ...toMap(defaults["fault"]) };
    return { ...head, defaults: { ...defaults, fault } };
  }

  #freeName(workflow: string): string {
    const base = workflow.replaceAll(/[^A-Za-z0-9_-]+/g, "-");
    for (let count = 1; ; count += 1) {
      const name = `${BUILT}${base}${count === 1 ? "" : `-${count}`}.json`;
      if (!this.files.has(name)) return name;
    }
  }

  #node(node: BuiltNode, file: string, around: string): JsonObject {
    const at = around === "" ? node.id : `${around}/${node.id}`;
    const children = Object.entries(node.children).map(([key, nodes]): [string, JsonObject[]] => [
      key,
      nodes.map((child) => this.#node(child, file, at)),
    ]);
    const { args, ...document } = node.document;
    const isTask = node.type === "task";
    return {
      ...document,
      ...(isTask && node.run !== null ? { script: this.#function(file, at, node.run, args ?? null) } : {}),
      ...(isTask && node.run === null && args !== undefined ? { args } : {}),
      ...(node.undo === null ? {} : { compensate: { script: this.#function(file, `${at}!`, node.undo, null) } }),
      ...(node.workflow === null ? {} : { workflow: this.add(node.workflow.source) }),
      ...Object.fromEntries(children),
    };
  }

  #function(file: string, at: string, run: StoredFunction, args: JsonObject[string]): JsonObject {
    const key = `${file}#${at}`;
    this.functions.set(key, { path: at.replace(/!$/, ""), run });
    return { module: FUNCTIONS_MODULE, export: key, args };
  }
}

function toMap(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? toPlain(value) : {};
}

function toPlain(value: object): JsonObject {
  const plain: JsonObject = JSON.parse(JSON.stringify(value));
  return plain;
}

/** A workflow file's text. */
export function toYamlText(document: JsonObject): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 });
}
