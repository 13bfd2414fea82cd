import { resolve } from "node:path";
import type { Command } from "commander";
import type { Json } from "#core/base/json.ts";
import type { MethodParams, RunInputs } from "#core/ipc/methods.ts";
import type { RunHead } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { parseInputText } from "#core/workflow-file/inputs.ts";
import type { CoordinatorClient } from "./client.ts";
import { withCommon } from "./command.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { CommandError, EXIT } from "./command-error.ts";
import type { ExitCode } from "./command-error.ts";
import { RUN_ARGUMENT } from "./intent.ts";
import { findRun } from "./names.ts";
import { collectPair, parseAgentCount, parseCount, parsePoint } from "./option-values.ts";
import { assertAttendable, attendOrDetach, type Attendance } from "./run.ts";

interface ForkOptions extends CommonOptions, Attendance {
  readonly snapshot?: number | string;
  readonly at?: number;
  readonly file?: string;
  readonly input: readonly (readonly [string, string])[];
  readonly out?: string;
}

export function addFork(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("fork")
      .description("start a new run that keeps what another has done, and wait for its end")
      .argument(...RUN_ARGUMENT)
      .option("--snapshot <id>", "begin at this snapshot (default: as the run is now)", parsePoint)
      .option("--at <event>", "begin after the event of this number", parseCount)
      .option("--file <file>", "with this definition: only what changed runs, and what depends on it")
      .option("--input <name=value>", "an input that is another one now, may be repeated", collectPair, [])
      .option("--local <n>", "bring along this many agents of its own on this machine", parseAgentCount)
      .option("--out <dir>", "where the files it collects go (default: where those of the other run went)")
      .option("--detach", "leave the run to the running coordinator and print its id")
      .option("--no-discovery", "look for no agents on the network"),
  ).action((run: string, options: ForkOptions) => invocation.run(options, (context) => fork(context, run, options)));
}

async function fork(context: CommandContext, text: string, options: ForkOptions): Promise<ExitCode> {
  if (options.snapshot !== undefined && options.at !== undefined)
    throw new CommandError("usage", "a fork begins at one point: give --snapshot or --at, not both");
  assertAttendable(options);
  const { noteWarnings, readWorkflow, tellProblems, toSource } = await import("./workflow-file.ts");
  const { file } = options;
  const { definition, problems } = file === undefined ? UNCHANGED : readWorkflow(context.dataDir, file);
  if (file !== undefined && definition === null) {
    tellProblems(context.output, problems);
    return EXIT.usage;
  }
  noteWarnings(context.output, problems);
  const at = options.snapshot ?? options.at;
  const begin = async (client: CoordinatorClient) => {
    const head = await findRun(client, text);
    const order: MethodParams<"run.fork"> = {
      run: head.run,
      inputs: toInputs(definition, head, options.input),
      ...(at === undefined ? {} : { at }),
      ...(file === undefined ? {} : { source: toSource(file) }),
      ...(options.out === undefined ? {} : { out: resolve(options.out) }),
    };
    const { run, kept } = await client.ask("run.fork", order);
    context.output.note(`run ${run} is a fork of ${head.run}; results of ${String(kept)} nodes can be kept`);
    return run;
  };
  return attendOrDetach(context, options, begin);
}

/** Without a file the definition is the other run's, which the coordinator knows. */
const UNCHANGED = { definition: null, problems: [] } as const;

/** As the new definition types them; without one, as the values that they replace are. The coordinator checks them. */
function toInputs(
  definition: WorkflowDefinition | null,
  head: RunHead,
  pairs: readonly (readonly [string, string])[],
): RunInputs {
  const inputs: Record<string, Json> = {};
  for (const [name, text] of pairs) {
    if (definition === null) inputs[name] = typeof head.inputs[name] === "string" ? text : parseJson(text);
    else {
      const value = parseInputText(definition, name, text);
      if (!value.ok) throw new CommandError("inputs", value.error.message);
      inputs[name] = value.value;
    }
  }
  return inputs;
}

/** Text where it is no JSON: the coordinator says then what was expected. */
function parseJson(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
