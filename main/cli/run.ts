import { resolve } from "node:path";
import type { Command } from "commander";
import type { MethodParams } from "#core/ipc/methods.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import { withCommon } from "./command.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { CommandError, EXIT } from "./command-error.ts";
import type { ExitCode } from "./command-error.ts";
import { withCoordinator, withHost } from "./connection.ts";
import { runRecord } from "./json-lines.ts";
import { collectPair, parseAgentCount } from "./option-values.ts";
import type { CoordinatorClient } from "./client.ts";
import { attend } from "./run-attendance.ts";
import { StopWish } from "./signals.ts";

/** How a command stays with the run that it starts. */
export interface Attendance {
  readonly local?: number;
  readonly detach?: boolean;
  readonly discovery: boolean;
}

interface RunOptions extends CommonOptions, Attendance {
  readonly input: readonly (readonly [string, string])[];
  readonly out?: string;
}

/** Asks the coordinator for the run. */
type Begin = (client: CoordinatorClient) => Promise<RunId>;

/** What the coordinator is asked for. */
type Order = MethodParams<"run.start">;

export function addRun(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("run")
      .description("run a workflow and wait for its end (0 completed, 1 failed, 4 cancelled)")
      .argument("<file>", "a workflow file, or the name of one in the library")
      .option("--input <name=value>", "an input of the workflow, may be repeated", collectPair, [])
      .option("--local <n>", "bring along this many agents of its own on this machine", parseAgentCount)
      .option("--out <dir>", "where the files it collects go (default: beside the workflow file)")
      .option("--detach", "leave the run to the running coordinator and print its id")
      .option("--no-discovery", "look for no agents on the network"),
  ).action((file: string, options: RunOptions) => invocation.run(options, (context) => run(context, file, options)));
}

async function run(context: CommandContext, file: string, options: RunOptions): Promise<ExitCode> {
  assertAttendable(options);
  const { noteWarnings, readWorkflow, tellProblems, toInputs, toSource } = await import("./workflow-file.ts");
  // Looked at before anything is started for it.
  const { definition, problems } = readWorkflow(context.dataDir, file);
  if (definition === null) {
    tellProblems(context.output, problems);
    return EXIT.usage;
  }
  noteWarnings(context.output, problems);
  const out = options.out === undefined ? {} : { out: resolve(options.out) };
  const order: Order = { source: toSource(file), inputs: toInputs(definition, options.input), ...out };
  return attendOrDetach(context, options, async (client) => (await client.ask("run.start", order)).run);
}

export function assertAttendable(options: Attendance): void {
  if (options.detach === true && options.local !== undefined) {
    throw new CommandError(
      "usage",
      "--local agents end with the command, so they cannot work for a run with --detach: leave one of both away",
    );
  }
}

/** Begins a run and stays with it to its end, or leaves it to the running coordinator. */
export function attendOrDetach(context: CommandContext, options: Attendance, begin: Begin): Promise<ExitCode> {
  if (options.detach === true) return withCoordinator(context, (client) => detach(context, client, begin));
  return runToEnd(context, options, begin);
}

async function detach({ output }: CommandContext, client: CoordinatorClient, begin: Begin): Promise<ExitCode> {
  const run = await begin(client);
  if (output.isJson) output.record(runRecord(await client.ask("run.show", { run })));
  output.print(run);
  return EXIT.done;
}

async function runToEnd(context: CommandContext, options: Attendance, begin: Begin): Promise<ExitCode> {
  const stop = new StopWish(EXIT.interrupted);
  try {
    // With agents of its own a run needs nobody of the network.
    const wish = { discovery: options.discovery && options.local === undefined, readOnly: false };
    return await withHost(context, wish, async (connection) => {
      const { client, host } = connection;
      const agents = await startAgents(client, options.local);
      try {
        const run = await begin(client);
        context.output.note(`run ${run} has started${host === null ? " at the running coordinator" : ""}`);
        if (options.local === undefined) await tellIfNobodyWorks(context, client);
        return await attend(context, connection, run, stop.signal);
      } finally {
        // A coordinator of our own ends its agents with itself; another one's may have agents of others beside ours.
        if (host === null && agents.length > 0) await client.request("fleet.stop-local", { agents: [...agents] });
      }
    });
  } finally {
    stop.dispose();
  }
}

async function startAgents(client: CoordinatorClient, count: number | undefined): Promise<readonly AgentId[]> {
  if (count === undefined) return [];
  const { agents } = await client.ask("fleet.start-local", { count, keep: false });
  return agents;
}

async function tellIfNobodyWorks({ output, dataDir }: CommandContext, client: CoordinatorClient): Promise<void> {
  const agents = await client.ask("fleet.list", {});
  if (agents.some((agent) => agent.paired)) return;
  output.note(
    [
      `no agent is paired with the app of ${dataDir}, so nothing can run yet; the run waits.`,
      '  On this machine: stop with Ctrl-C and run again with "--local 2".',
      '  On another one: start "lanweave agent" there, then here "lanweave pair NAME CODE".',
    ].join("\n"),
  );
}
