import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { CoordinatorClient } from "./client.ts";
import type { CommandContext } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import type { Connection } from "./connection.ts";
import { followEvents } from "./event-feed.ts";
import { eventRecord, runRecord } from "./json-lines.ts";
import { RunProgress } from "./progress.ts";
import { runText } from "./show.ts";
import { exitCodeOfRun, isFinalRunState } from "./states.ts";

/** How long the agents may take to stop what runs, before a coordinator of our own ends. */
const FREEZE_DEADLINE_MS = 5_000;

/** Shows a run until it has ended and its files are home, or pauses it when the person wants to stop. */
export async function attend(
  context: CommandContext,
  { client, host }: Connection,
  run: RunId,
  stop: AbortSignal,
): Promise<ExitCode> {
  const progress = new RunProgress(client, context.output, run);
  let hasEnded = false;
  try {
    for await (const event of followEvents(client, run, 0, stop)) {
      context.output.record(eventRecord(event));
      progress.take(event);
      hasEnded ||= isEnd(event);
      if (!hasEnded) continue;
      // Files are brought home after the end; that they are is an event too.
      const line = await client.ask("run.show", { run });
      if (line.collection?.state === "pending") continue;
      progress.dispose();
      return await tellEnd(context, client, line);
    }
    progress.tell(hasEnded ? "interrupted: the run has ended, but its files are not all home" : "interrupted");
    if (!hasEnded) {
      await pause(context, client, run, progress);
      const start = host === null ? "" : "lanweave serve (or the app), and then ";
      context.output.note(`the run is left paused; go on with: ${start}lanweave resume ${run}`);
    }
    return EXIT.interrupted;
  } finally {
    progress.dispose();
  }
}

function isEnd(event: RunEvent): boolean {
  return event.type === "WorkflowStateChange" && event.path === "" && isFinalRunState(event.to);
}

async function tellEnd({ output }: CommandContext, client: CoordinatorClient, line: RunLine): Promise<ExitCode> {
  const agents = await client.ask("fleet.list", {});
  const names = new Map(agents.map((agent): [string, string] => [agent.id, agent.name]));
  output.record(runRecord(line));
  // What went well is for "show"; here the head says how it ended, and what failed says why.
  const nodes = line.nodes.filter((node) => node.state === "failed");
  output.print(runText({ ...line, nodes }, (id) => names.get(id) ?? line.goneAgents?.[id] ?? id));
  return line.collection?.state === "failed" ? EXIT.failed : exitCodeOfRun(line.state);
}

async function pause(
  { output }: CommandContext,
  client: CoordinatorClient,
  run: RunId,
  progress: RunProgress,
): Promise<void> {
  progress.tell("pausing the run (Ctrl-C again: leave at once)");
  const paused = await client.request("run.pause", { run, mode: "freeze" });
  progress.dispose();
  if (paused.ok) await untilStill(client, run);
  if (!paused.ok) output.note(`lanweave: the run could not be paused: ${paused.error.message}`);
  const shown = await client.request("run.show", { run });
  if (shown.ok) output.record(runRecord(shown.value));
}

/** The agents must have been told to stop what runs before the coordinator that tells them may end. */
async function untilStill(client: CoordinatorClient, run: RunId): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = setTimeout(resolve, FREEZE_DEADLINE_MS);
  const stop = client.watch("runs", topicName.runs, (news) => {
    const heads = news.kind === "snapshot" ? news.items : news.kind === "patch" ? news.upsert : [];
    const head = heads.find((one) => one.run === run);
    // A snapshot may still be from before the pause: a run that is not paused has nothing in flight.
    const isStill =
      head !== undefined && (isFinalRunState(head.state) || (head.state === "paused" && head.inFlight === 0));
    if (news.kind === "gone" || isStill) resolve();
  });
  await Promise.race([promise, client.ended]);
  clearTimeout(deadline);
  stop();
}
