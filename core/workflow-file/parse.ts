import { err, ok, type Result } from "../base/result.ts";
import { findNear } from "../expression/near.ts";
import type { WorkflowProblem } from "../model/problem.ts";
import type { InputDefinition, SubworkflowDefinition, TemplateTree, WorkflowDefinition } from "../model/workflow.ts";
import { toWorkflow } from "./document.ts";
import { checkInputValue } from "./input-values.ts";
import { MAX_NAME_BYTES } from "../model/limits.ts";
import { MAX_LEVELS, MAX_NODES } from "./limits.ts";
import { measureWorkflow } from "./measure.ts";
import { addKeyProblem, addProblem, below, toTree, type Spot } from "./place.ts";
import { Problems } from "./problems.ts";
import type { RawSubworkflow } from "./schema.ts";
import { readSource } from "./source.ts";

/** Finds the file of a subworkflow: `reference` as written, `from` the name of the file it is written in. The error is for people. */
export type Resolve = (
  reference: string,
  from: string,
) => Result<{ readonly file: string; readonly text: string }, string>;

/**
 * What is wrong with the module of a script, or null; `file` is the workflow the run is made from, in whose folder modules are looked
 * for as all files are. Where nothing can be looked at, leave it out: then a module that is missing fails its node.
 */
export type CheckModule = (module: string, file: string) => string | null;

/** What a workflow's text is read with. */
export interface ParseOptions {
  readonly file: string;
  readonly resolve: Resolve;
  readonly checkModule?: CheckModule;
}

/** A file that was checked: errors leave no definition, warnings do. */
export interface CheckedWorkflow {
  readonly definition: WorkflowDefinition | null;
  /** File by file in the order of the lines, this file first. */
  readonly problems: readonly WorkflowProblem[];
}

/**
 * A workflow from the text of its file, YAML or JSON, with every default filled in and every expression checked; or every problem,
 * file by file in the order of the lines, this file first. Does not throw, whatever the text. Rules FILE-1 to FILE-9.
 */
export function parseWorkflow(
  text: string,
  options: ParseOptions,
): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
  const { definition, problems } = checkWorkflow(text, options);
  return definition === null ? err(problems) : ok(definition);
}

/** The same with the warnings of a workflow that can run. Rule FILE-6. */
export function checkWorkflow(text: string, options: ParseOptions): CheckedWorkflow {
  const { resolve, checkModule = () => null } = options;
  const session: Session = {
    resolve,
    checkModule: oncePerModule((module) => checkModule(module, options.file)),
    files: new Map(),
    lists: [],
    nodes: 0,
  };
  const { definition } = readFile(text, options.file, [], 1, session);
  if (definition !== null) checkPaths(definition, session.lists[0]);
  const problems = session.lists.flatMap((list) => list.toList());
  return { definition: session.lists.some((list) => list.hasErrors) ? null : definition, problems };
}

/** Paths are names on the wire. Known only of the whole, since they lead through subworkflows. */
function checkPaths(definition: WorkflowDefinition, problems: Problems | undefined): void {
  const { pathLength } = measureWorkflow(definition);
  if (pathLength <= MAX_NAME_BYTES) return;
  const message = `expected paths of nodes of at most ${MAX_NAME_BYTES} characters, found one that can have ${pathLength}, with the numbers of items and iterations; use shorter ids or fewer levels`;
  problems?.add({ line: 1, column: 1 }, "path-too-long", message);
}

/** What the files of one workflow share. */
interface Session {
  readonly resolve: Resolve;
  readonly checkModule: (module: string) => string | null;
  readonly files: Map<string, ReadFile>;
  readonly lists: Problems[];
  /** Nodes so far, those of subworkflows once for each use. */
  nodes: number;
}

interface ReadFile {
  readonly definition: WorkflowDefinition | null;
  readonly nodes: number;
  readonly height: number;
}

function readFile(text: string, file: string, parents: readonly string[], level: number, session: Session): ReadFile {
  const known = session.files.get(file);
  if (known !== undefined) {
    session.nodes += known.nodes;
    return known;
  }
  const problems = new Problems(file);
  session.lists.push(problems);
  const before = session.nodes;
  const source = readSource(text, problems);
  const chain = [...parents, file];
  const definition =
    source === null
      ? null
      : toWorkflow(source.data, { source, problems, checkModule: session.checkModule }, level, {
          countNode: () => ++session.nodes <= MAX_NODES,
          readSubworkflow: (raw, spot, at) => readSubworkflow(raw, spot, at, chain, session),
        });
  const read = {
    definition,
    nodes: session.nodes - before,
    height: definition === null ? 0 : measureWorkflow(definition).levels,
  };
  session.files.set(file, read);
  return read;
}

type Subworkflow = Omit<SubworkflowDefinition, "id" | "label" | "dependsOn" | "fault">;

function readSubworkflow(
  raw: RawSubworkflow,
  spot: Spot,
  level: number,
  chain: readonly string[],
  session: Session,
): Subworkflow | null {
  const at = below(spot, "workflow");
  const inputs = toInputs(raw.with, below(spot, "with"));
  const found = resolve(raw.workflow, chain.at(-1) ?? "", session);
  if (!found.ok) {
    addProblem(at, "subworkflow", `cannot read the workflow "${raw.workflow}": ${found.error}`);
    return null;
  }
  const { file, text } = found.value;
  if (chain.includes(file)) {
    addProblem(
      at,
      "recursion",
      `a workflow cannot hold itself: ${[...chain.slice(chain.indexOf(file)), file].join(" -> ")}`,
    );
    return null;
  }
  const { definition, height } = readFile(text, file, chain, level + 1, session);
  if (session.nodes > MAX_NODES)
    addProblem(at, "too-many-nodes", `a workflow has at most ${MAX_NODES} nodes, those of its subworkflows included`);
  if (level + height > MAX_LEVELS)
    addProblem(at, "too-deep", `nodes are nested deeper than ${MAX_LEVELS} levels with this workflow`);
  if (definition === null) return null;
  checkWith(definition, raw, inputs, spot);
  return { type: "subworkflow", workflow: raw.workflow, with: inputs, definition };
}

/** Many nodes may name one module. */
function oncePerModule(check: (module: string) => string | null): (module: string) => string | null {
  const known = new Map<string, string | null>();
  return (module) => {
    const found = known.get(module);
    if (found !== undefined) return found;
    const problem = check(module);
    known.set(module, problem);
    return problem;
  };
}

function resolve(reference: string, from: string, session: Session): ReturnType<Resolve> {
  try {
    return session.resolve(reference, from);
  } catch (error) {
    // A caller's resolver reads files, and may throw what it likes; the person who wrote the workflow should read it.
    return err(error instanceof Error ? error.message : String(error));
  }
}

function toInputs(raw: RawSubworkflow["with"], spot: Spot): Readonly<Record<string, TemplateTree>> {
  const entries = Object.entries(raw ?? {});
  return Object.fromEntries(
    entries.map(([name, tree]): [string, TemplateTree] => [name, toTree(below(spot, name), tree)]),
  );
}

/** What can be known of a subworkflow's inputs before it runs: their names, and the values that are constants. */
function checkWith(
  definition: WorkflowDefinition,
  raw: RawSubworkflow,
  given: Readonly<Record<string, TemplateTree>>,
  spot: Spot,
): void {
  const names = Object.keys(definition.inputs);
  for (const name of Object.keys(given)) {
    const at = below(spot, "with", name);
    const input = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined;
    if (input === undefined) {
      const known = names.length === 0 ? "it takes none" : `expected ${names.join(", ")}`;
      addKeyProblem(at, "input", `"${raw.workflow}" has no input "${name}"; ${known}`, findNear(name, names));
    } else checkConstant(input, raw.with?.[name], at);
  }
  const missing = Object.entries(definition.inputs).filter(
    ([name, input]) => input.default === undefined && !Object.hasOwn(given, name),
  );
  for (const [name] of missing)
    addProblem(below(spot, "workflow"), "input", `"${raw.workflow}" needs the input "${name}"; give it in with`);
}

function checkConstant(input: InputDefinition, value: unknown, spot: Spot): void {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return;
  if (typeof value === "string" && value.includes("{{")) return;
  const refusal = checkInputValue(input, value);
  if (refusal !== null) addProblem(spot, "input", refusal);
}
