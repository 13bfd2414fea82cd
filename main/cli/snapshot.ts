import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { RUN_ARGUMENT } from "./intent.ts";
import { snapshotRecord } from "./json-lines.ts";
import { findRun } from "./names.ts";

export function addSnapshot(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("snapshot")
      .description("keep a run as it is now, to be shown or forked later, and print the snapshot's id")
      .argument(...RUN_ARGUMENT),
  ).action((run: string, options: CommonOptions) => invocation.run(options, (context) => takeSnapshot(context, run)));
}

async function takeSnapshot(context: CommandContext, text: string): Promise<ExitCode> {
  const head = await withReader(context, async (client) => {
    const { run } = await findRun(client, text);
    return client.ask("run.snapshot", { run });
  });
  context.output.record(snapshotRecord(head));
  context.output.print(head.id);
  return EXIT.done;
}
