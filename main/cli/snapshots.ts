import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { RUN_ARGUMENT } from "./intent.ts";
import { snapshotRecord } from "./json-lines.ts";
import { findRun } from "./names.ts";
import { toTable } from "./output.ts";
import { signOf, toMoment } from "./states.ts";

export function addSnapshots(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("snapshots")
      .description("list the snapshots of a run, oldest first")
      .argument(...RUN_ARGUMENT),
  ).action((run: string, options: CommonOptions) => invocation.run(options, (context) => listSnapshots(context, run)));
}

async function listSnapshots(context: CommandContext, text: string): Promise<ExitCode> {
  const { output } = context;
  const { run, snapshots, damaged } = await withReader(context, async (client) => {
    const { run } = await findRun(client, text);
    return { run, ...(await client.ask("run.snapshots", { run })) };
  });
  for (const head of snapshots) output.record(snapshotRecord(head));
  const rows = snapshots.map(({ id, seq, time, reason, state }) => [
    id,
    String(seq),
    toMoment(time),
    reason,
    `${signOf(state)} ${state}`,
  ]);
  if (rows.length > 0) output.print(toTable([["SNAPSHOT", "EVENT", "TAKEN", "REASON", "STATE"], ...rows]));
  else output.note(`there is no snapshot of run ${run} yet: take one with lanweave snapshot ${run}`);
  for (const { name, message } of damaged) output.note(`not usable: ${name}: ${message}`);
  return EXIT.done;
}
