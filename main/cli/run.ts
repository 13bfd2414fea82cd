import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { RunId } from "#core/model/id.ts";
import type { WorkflowSource } from "#core/ipc/methods.ts";
import { withCommon } from "./command.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { CommandError, EXIT } from "./command-error.ts";
import type { ExitCode } from "./command-error.ts";
import { withCoordinator, withHost } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { toInputs } from "./input-values.ts";
import { runRecord } from "./json-lines.ts";
import { collectPair, parseAgentCount } from "./option-values.ts";
import type { CoordinatorClient } from "./client.ts";
import { attend } from "./run-attendance.ts";
import { StopWish } from "./signals.ts";

interface RunOptions extends CommonOptions {
  readonly input: readonly (readonly [string, string])[];
  readonly local?: number;
  readonly out?: string;
  readonly detach?: boolean;
  readonly discovery: boolean;
}

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
  if (options.detach === true && options.local !== undefined) {
    throw new CommandError(
      "usage",
      "--local agents end with the command, so they cannot work for a run with --detach: leave one of both away",
    );
  }
  const source = toSource(file);
  if (source.kind === "file" && !(await isSound(context, file))) return EXIT.usage;
  if (options.detach === true) return withCoordinator(context, (client) => detach(context, client, source, options));
  const stop = new StopWish(EXIT.interrupted);
  try {
    // With agents of its own a run needs nobody of the network.
    const discovery = options.discovery && options.local === undefined;
    const wish = { discovery, readOnly: false };
    return await withHost(context, wish, (connection) => follow(context, connection, source, options, stop.signal));
  } finally {
    stop.dispose();
  }
}

/** A file where there is one, or where the name can only be one's; otherwise a name of the library. */
function toSource(file: string): WorkflowSource {
  const isFile = existsSync(file) || /[/\\]|\.(ya?ml|json)$/i.test(file);
  return isFile ? { kind: "file", file: resolve(file) } : { kind: "library", name: file };
}

/** Looks at the file before anything is started for it. */
async function isSound(context: CommandContext, file: string): Promise<boolean> {
  const { readWorkflow, tellProblems } = await import("./workflow-file.ts");
  const parsed = readWorkflow(file);
  if (!parsed.ok) tellProblems(context.output, parsed.error);
  return parsed.ok;
}

async function start(client: CoordinatorClient, source: WorkflowSource, options: RunOptions): Promise<RunId> {
  const { inputs: schema, problems } = await client.ask("library.read", { source });
  const [problem] = problems;
  if (schema === null) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more: see lanweave validate)` : "";
    throw new CommandError("invalid", `the workflow has problems: ${problem?.message ?? "none was named"}${more}`);
  }
  const out = options.out === undefined ? {} : { out: resolve(options.out) };
  const started = await client.ask("run.start", { source, inputs: toInputs(options.input, schema), ...out });
  return started.run;
}

async function detach(
  { output }: CommandContext,
  client: CoordinatorClient,
  source: WorkflowSource,
  options: RunOptions,
): Promise<ExitCode> {
  const run = await start(client, source, options);
  if (output.isJson) output.record(runRecord(await client.ask("run.show", { run })));
  output.print(run);
  return EXIT.done;
}

async function follow(
  context: CommandContext,
  { client, host }: Connection,
  source: WorkflowSource,
  options: RunOptions,
  stop: AbortSignal,
): Promise<ExitCode> {
  const run = await start(client, source, options);
  context.output.note(`run ${run} has started${host === null ? " at the running coordinator" : ""}`);
  const agents =
    options.local === undefined ? [] : (await client.ask("fleet.start-local", { count: options.local })).agents;
  try {
    if (options.local === undefined) await tellIfNobodyWorks(context, client);
    return await attend(context, client, run, stop);
  } finally {
    // A coordinator of our own ends its agents with itself; another one's may have agents of others beside ours.
    if (host === null && agents.length > 0) await client.request("fleet.stop-local", { agents: [...agents] });
  }
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
