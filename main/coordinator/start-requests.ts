import type { JsonObject } from "#core/base/json.ts";
import { runOut } from "#core/engine/queries.ts";
import type { MethodName, MethodParams, MethodResults, RunInputs } from "#core/ipc/methods.ts";
import type { RunId } from "#core/model/id.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { checkInputs } from "#core/workflow-file/inputs.ts";
import type { Books } from "./books.ts";
import { readBuilt, toFileSource } from "./built-source.ts";
import { forkBasis, keptOf, previewFork, textOfRun } from "./fork-requests.ts";
import type { Happening, Reply, RunCreation } from "./happening.ts";
import type { Histories } from "./histories.ts";
import { IntentError } from "./intent-error.ts";
import { presentState } from "./points-in-time.ts";
import { mintRunId } from "./run-id.ts";
import type { Shelf } from "./shelf.ts";

/** Tries to find an id that no other run has. */
const MAX_MINTS = 20;

type StartMethod = Extract<MethodName, `run.${"start" | "fork" | "fork-preview" | "text"}`>;
type StartHandlers = {
  readonly [M in StartMethod]: (params: MethodParams<M>, by: string) => Promise<MethodResults[M]> | MethodResults[M];
};
type Through = (make: (reply: Reply) => Happening) => Promise<unknown>;

/** How runs begin: from a workflow, or from another run. */
export function startHandlers(books: Books, shelf: Shelf, histories: Histories, through: Through): StartHandlers {
  const { ports } = books;
  const read = (source: MethodParams<"run.start">["source"]) =>
    source.kind === "built" ? readBuilt(source, ports.library) : shelf.definition(source);
  const create = async (make: (run: RunId) => RunCreation): Promise<RunId> => {
    for (let tries = 1; ; tries++) {
      const run = mintRunId(ports.clock.now(), ports.random.chance());
      try {
        await through((reply) => ({ kind: "run-create", create: make(run), reply }));
        return run;
      } catch (error) {
        if (!isTaken(error) || tries === MAX_MINTS) throw error;
      }
    }
  };
  return {
    "run.start": async ({ source, inputs, out }, by) => {
      const { definition, folder } = read(source);
      const checked = toInputs(definition, inputs);
      const toOut = (run: RunId) => ports.library.outFolder(run, toFileSource(source), out ?? null);
      return {
        run: await create((run) => ({ run, definition, inputs: checked, folder, out: toOut(run), by })),
      };
    },
    "run.fork": async (params, by) => {
      const { source, out } = params;
      const basis = await forkBasis(books, read, params);
      const { state, from, definition, folder } = basis;
      const checked = toInputs(definition, basis.inputs);
      const kept = await keptOf(books, basis);
      const toOut = (run: RunId): string | null => {
        if (source !== undefined) return ports.library.outFolder(run, toFileSource(source), out ?? null);
        return out ?? runOut(state);
      };
      const make = (run: RunId) => ({ run, definition, inputs: checked, folder, out: toOut(run), by });
      return { run: await create((run) => ({ ...make(run), fork: { from, kept } })), kept: kept.results.length };
    },
    "run.fork-preview": (params) => {
      const originalAt = (run: RunId, seq: number) => histories.of(run).at(seq);
      return previewFork(books, read, originalAt, params);
    },
    "run.text": ({ run }) => textOfRun(presentState(books, run as RunId), ports.library),
  };
}

/** Two runs of one second may be given the same id. */
function isTaken(error: unknown): boolean {
  return error instanceof IntentError && error.code === "exists";
}

function toInputs(definition: WorkflowDefinition, given: RunInputs): JsonObject {
  const checked = checkInputs(definition, given);
  if (checked.ok) return checked.value;
  const message = checked.error.map((problem) => `${problem.name}: ${problem.message}`).join("; ");
  throw new IntentError("invalid-inputs", message, checked.error);
}
