import type { Command } from "commander";
import type { RunHead } from "#core/model/run.ts";
import { wasDataFolderUsed } from "../host/data-folder.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { headRecord } from "./json-lines.ts";
import { toTable } from "./output.ts";
import { signOf, taskProgress, toMoment } from "./states.ts";

export function addRuns(program: Command, invocation: Invocation): void {
  withCommon(program.command("runs").description("list the runs of this data folder, newest first")).action(
    (options: CommonOptions) => invocation.run(options, listRuns),
  );
}

async function listRuns(context: CommandContext): Promise<ExitCode> {
  const { output, dataDir } = context;
  const runs = wasDataFolderUsed(dataDir) ? await withReader(context, (client) => client.ask("run.list", {})) : [];
  const newestFirst = [...runs].sort((left, right) => right.createdAt - left.createdAt);
  for (const head of newestFirst) output.record(headRecord(head));
  if (newestFirst.length === 0) output.note("there is no run yet: start one with lanweave run FILE");
  else output.print(toTable([["RUN", "WORKFLOW", "STATE", "TASKS", "CREATED", "REASON"], ...newestFirst.map(toRow)]));
  return EXIT.done;
}

function toRow(head: RunHead): readonly string[] {
  const { done, total } = taskProgress(head);
  const reason = head.error?.message ?? head.reason ?? "";
  const state = `${signOf(head.state)} ${head.state}`;
  return [head.run, head.workflow, state, `${done}/${total}`, toMoment(head.createdAt), reason];
}
