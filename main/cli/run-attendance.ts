import type { RunId } from "#core/model/id.ts";
import type { CoordinatorClient } from "./client.ts";
import type { CommandContext } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { followEvents } from "./event-feed.ts";
import { eventRecord, runRecord } from "./json-lines.ts";
import { RunProgress } from "./progress.ts";
import { runText } from "./show.ts";
import { exitCodeOfRun, isFinalRunState } from "./states.ts";

/** Shows a run until it has ended, or pauses it when the person wants to stop. */
export async function attend(
  context: CommandContext,
  client: CoordinatorClient,
  run: RunId,
  stop: AbortSignal,
): Promise<ExitCode> {
  const { output } = context;
  const progress = new RunProgress(client, output, run);
  try {
    for await (const event of followEvents(client, run, 0, stop)) {
      output.record(eventRecord(event));
      progress.take(event);
      if (event.type === "WorkflowStateChange" && event.path === "" && isFinalRunState(event.to)) {
        progress.dispose();
        return await tellEnd(context, client, run);
      }
    }
    return await interrupt(context, client, run, progress);
  } finally {
    progress.dispose();
  }
}

async function tellEnd({ output }: CommandContext, client: CoordinatorClient, run: RunId): Promise<ExitCode> {
  const line = await client.ask("run.show", { run });
  const agents = await client.ask("fleet.list", {});
  const names = new Map(agents.map((agent): [string, string] => [agent.id, agent.name]));
  output.record(runRecord(line));
  // A long run's nodes are for "show"; here its head says how it ended.
  output.print(runText({ ...line, nodes: [] }, (id) => names.get(id) ?? id));
  return exitCodeOfRun(line.state);
}

async function interrupt(
  { output }: CommandContext,
  client: CoordinatorClient,
  run: RunId,
  progress: RunProgress,
): Promise<ExitCode> {
  progress.tell("interrupted: pausing the run (again: leave at once)");
  const paused = await client.request("run.pause", { run, mode: "freeze" });
  progress.dispose();
  if (!paused.ok) output.note(`lanweave: the run could not be paused: ${paused.error.message}`);
  const shown = await client.request("run.show", { run });
  if (shown.ok) output.record(runRecord(shown.value));
  output.note(`the run is left paused; go on with: lanweave resume ${run}`);
  return EXIT.interrupted;
}
