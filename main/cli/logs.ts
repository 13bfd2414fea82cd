import type { Command } from "commander";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { NodeLine } from "#core/model/run.ts";
import type { CoordinatorClient } from "./client.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { CommandError, EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { followLogs, isWithin } from "./log-feed.ts";
import { findRun } from "./names.ts";
import type { Output } from "./output.ts";
import { LogPrinter } from "./log-printer.ts";

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
}

export function addLogs(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("logs")
      .description("print what the tasks of a run, or of one of its nodes, have written")
      .argument("<run>", "the run's id, a unique beginning of it, or last")
      .argument("[path]", "only this node and what is inside it, such as resize[3]/one")
      .option("--follow", "go on with new output until the run has ended"),
  ).action((run: string, path: string | undefined, options: LogsOptions) =>
    invocation.run(options, (context) => printLogs(context, run, path ?? "", options.follow === true)),
  );
}

function printLogs(context: CommandContext, text: string, path: string, follow: boolean): Promise<ExitCode> {
  return withReader(context, async (client) => {
    const { run } = await findRun(client, text);
    const { nodes } = await client.ask("run.show", { run });
    if (path !== "" && !nodes.some((node) => isWithin(node.path, path))) {
      throw new CommandError("unknown-node", `run ${run} has no node ${path}: see lanweave show ${run}`);
    }
    const isOneTask = nodes.some((node) => node.path === path && node.type === "task");
    const printer = new LogPrinter(context.output, run, !isOneTask);
    if (follow) await followLogs(client, run, path, printer);
    else
      await printAll(
        client,
        run,
        nodes.filter((node) => isWithin(node.path, path)),
        context.output,
        printer,
      );
    return EXIT.done;
  });
}

async function printAll(
  client: CoordinatorClient,
  run: RunId,
  nodes: readonly NodeLine[],
  output: Output,
  printer: LogPrinter,
): Promise<void> {
  for (const node of nodes) {
    if (node.type !== "task" || node.attempt === 0) continue;
    await printLog(client, run, node.path, output, printer);
    printer.finish(node.path);
  }
}

async function printLog(
  client: CoordinatorClient,
  run: RunId,
  path: NodePath,
  output: Output,
  printer: LogPrinter,
): Promise<void> {
  let offset = 0;
  while (output.hasReader) {
    const { text, nextOffset } = await client.ask("run.log", { run, path, offset });
    printer.take(path, text);
    if (nextOffset <= offset) return;
    offset = nextOffset;
  }
}
