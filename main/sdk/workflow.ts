import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { JsonObject } from "#core/base/json.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { type Compiled, compile, toYamlText, type WorkflowFunction, type WorkflowSource } from "./compile.ts";
import { FunctionTaskError } from "./errors.ts";
import type { FaultOptions } from "./options.ts";
import { toTopology, type WorkflowTopology } from "./topology.ts";
import type { WorkflowTypes } from "./workflow-type.ts";

/** A workflow that has passed the validator: the same definition as from a file, and the functions that belong to it. */
export class Workflow<Types extends WorkflowTypes = WorkflowTypes> {
  readonly source: WorkflowSource;
  readonly fault: FaultOptions | null;
  /** Exists for the compiler only. */
  readonly types?: Types;
  readonly #compiled: Compiled;

  /** Throws `WorkflowError` with every problem. */
  constructor(source: WorkflowSource, fault: FaultOptions | null = null) {
    this.source = source;
    this.fault = fault;
    this.#compiled = compile(source, fault);
  }

  get name(): string {
    return this.definition.name;
  }

  get definition(): WorkflowDefinition {
    return this.#compiled.definition;
  }

  get functions(): ReadonlyMap<string, WorkflowFunction> {
    return this.#compiled.functions;
  }

  /** Its static order: what depends on what, and how deep it lies. */
  get topology(): WorkflowTopology {
    return toTopology(this.definition);
  }

  /** Where files and modules are looked for. */
  get folder(): string {
    return this.source.folder;
  }

  /** The same workflow, with a fault policy for every task that has none of its own. */
  withFault(fault: FaultOptions): Workflow<Types> {
    return new Workflow<Types>(this.source, fault);
  }

  /** The workflow as a file. Throws `FunctionTaskError` where tasks are functions. */
  toYaml(): string {
    return toYamlText(this.#document("toYaml"));
  }

  toJson(): string {
    return `${JSON.stringify(this.#document("toJson"), null, 2)}\n`;
  }

  /** This workflow's file and those of the workflows built into it, by name, this one's first. Throws `FunctionTaskError`. */
  toFiles(): ReadonlyMap<string, JsonObject> {
    this.#refuseFunctions("a file holds no functions");
    return this.#compiled.files;
  }

  #document(what: string): JsonObject {
    this.#refuseFunctions(`${what} writes a file, which holds no functions`);
    return [...this.#compiled.files.values()][0] ?? {};
  }

  #refuseFunctions(where: string): void {
    const tasks = [...new Set([...this.functions.values()].map((one) => one.path))];
    if (tasks.length > 0) throw new FunctionTaskError(tasks, where);
  }
}

/** A workflow from a file, YAML or JSON. Throws `WorkflowError` with every problem, or what reading throws. */
export function loadWorkflow(file: string): Workflow<{ readonly given: JsonObject; readonly outputs: JsonObject }> {
  const full = path.resolve(file);
  const text = readFileSync(full, "utf8");
  return new Workflow({ head: toHead(text), nodes: null, folder: path.dirname(full), file: { path: full, text } });
}

/** What is no map is told by the validator, which reads the text itself. */
function toHead(text: string): JsonObject {
  try {
    const data: unknown = parse(text);
    const head: JsonObject = JSON.parse(JSON.stringify(typeof data === "object" && data !== null ? data : {}));
    return head;
  } catch {
    // The validator tells what is wrong with it, and where.
    return {};
  }
}
