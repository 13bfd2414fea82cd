import type { JsonObject } from "#core/base/json.ts";
import { planFork } from "#core/engine/fork-plan.ts";
import type { Kept } from "#core/engine/fork.ts";
import { runDefinition, runFolder, toRunHead } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { ForkPreview, RunText } from "#core/ipc/fork-methods.ts";
import type { MethodParams, RunInputs } from "#core/ipc/methods.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { ForkPoint } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { Library } from "#core/ports/library.ts";
import { checkInputs, inputsToJsonSchema } from "#core/workflow-file/inputs.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { printWorkflow } from "#core/workflow-file/print.ts";
import type { Books } from "./books.ts";
import { gatherKept, withoutChangedFiles } from "./forking.ts";
import { IntentError } from "./intent-error.ts";
import { eventOf, presentState, snapshotOf } from "./points-in-time.ts";

/** Above that many nodes beginning the fork only to look at it would hold others up for too long. */
const MAX_PLANNED_NODES = 20_000;
/** Paths told of each kind. */
const MAX_PATHS = 2_000;

type ForkParams = MethodParams<"run.fork">;
type Read = (source: NonNullable<ForkParams["source"]>) => {
  readonly definition: WorkflowDefinition;
  readonly folder: string;
};

/** What a fork begins from and with, but for its inputs. */
export interface ForkBasis {
  readonly state: RunState;
  readonly from: ForkPoint;
  readonly definition: WorkflowDefinition;
  readonly folder: string | null;
  /** Those of the original that are still asked for, and those given. */
  readonly inputs: RunInputs;
}

/** Reads where a fork begins. Throws `IntentError`, with every problem of a definition that is not sound. */
export async function forkBasis(books: Books, read: Read, params: ForkParams): Promise<ForkBasis> {
  const { at, source, inputs } = params;
  const run = params.run as RunId;
  const state = presentState(books, run);
  const snapshot = typeof at === "string" ? await snapshotOf(books, run, at) : null;
  const seq = eventOf(books, run, snapshot?.seq ?? (typeof at === "number" ? at : state.seq));
  const { definition, folder } =
    source === undefined ? { definition: runDefinition(state), folder: runFolder(state) } : read(source);
  return {
    state,
    from: { run, seq, snapshot: snapshot?.id ?? null },
    definition,
    folder,
    inputs: { ...stillAskedFor(definition, toRunHead(state).inputs), ...inputs },
  };
}

function stillAskedFor(definition: WorkflowDefinition, inputs: JsonObject): RunInputs {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => Object.hasOwn(definition.inputs, name)));
}

/** What such a fork can keep. */
export async function keptOf(books: Books, { from, definition, folder }: ForkBasis): Promise<Kept> {
  const gathered = await gatherKept(books, from.run, from.seq, definition);
  return withoutChangedFiles(gathered, books.ports.files, folder);
}

/** What a fork would keep and do again; starts nothing. Problems are no failure here but what is asked for. */
export async function previewFork(
  books: Books,
  read: Read,
  originalAt: (run: RunId, seq: number) => Promise<RunState>,
  params: ForkParams,
): Promise<ForkPreview> {
  let basis: ForkBasis;
  try {
    basis = await forkBasis(books, read, params);
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === null) throw error;
    return { problems, inputs: null, given: {}, inputProblems: [], plan: null };
  }
  const { definition, inputs } = basis;
  const base = { problems: [], inputs: inputsToJsonSchema(definition), given: { ...inputs } };
  const checked = checkInputs(definition, inputs);
  if (!checked.ok) return { ...base, inputProblems: checked.error, plan: null };
  const kept = await keptOf(books, basis);
  const plan = await planOf(books, basis, kept, checked.value, originalAt);
  return { ...base, inputProblems: [], plan };
}

async function planOf(
  { ports }: Books,
  { state, from, definition, folder }: ForkBasis,
  kept: Kept,
  inputs: JsonObject,
  originalAt: (run: RunId, seq: number) => Promise<RunState>,
): Promise<ForkPreview["plan"]> {
  if (state.nodes.size > MAX_PLANNED_NODES) {
    const paths = kept.results.map(({ path }) => path);
    return { isExact: false, kept: some(paths), again: some([]), first: some([]) };
  }
  const original = await originalAt(from.run, from.seq);
  const run = { run: "preview" as RunId, definition, inputs, folder, out: null, by: "preview" };
  const moment = { now: ports.clock.now(), chance: 0 };
  const plan = planFork(original, from, kept, run, moment);
  return { isExact: true, kept: some(plan.kept), again: some(plan.again), first: some(plan.first) };
}

function some(paths: readonly NodePath[]): { readonly count: number; readonly paths: readonly NodePath[] } {
  return { count: paths.length, paths: paths.slice(0, MAX_PATHS) };
}

function problemsOf(error: unknown): readonly WorkflowProblem[] | null {
  if (!(error instanceof IntentError) || error.code !== "invalid-workflow") return null;
  return Array.isArray(error.details) ? (error.details as readonly WorkflowProblem[]) : null;
}

/** The text a run was started with: as it was written where the library still has it, else as it can be written anew. */
export function textOfRun(state: RunState, library: Library): RunText {
  const definition = runDefinition(state);
  const folder = runFolder(state);
  const [main = { name: "", text: "" }, ...files] = printWorkflow(definition);
  const written = findWritten(definition, folder, library);
  return written === null
    ? { text: main.text, folder: folder ?? "", files, isPrinted: true }
    : { text: written, folder: folder ?? "", files, isPrinted: false };
}

function findWritten(definition: WorkflowDefinition, folder: string | null, library: Library): string | null {
  const wanted = JSON.stringify(definition);
  for (const name of library.names()) {
    const found = library.read({ kind: "library", name });
    if (!found.ok || found.value.folder !== folder || !found.value.text.includes(definition.name)) continue;
    const { text, file } = found.value;
    const parsed = parseWorkflow(text, {
      file,
      resolve: (reference, from) => library.resolve(reference, from),
    });
    if (parsed.ok && JSON.stringify(parsed.value) === wanted) return text;
  }
  return null;
}
