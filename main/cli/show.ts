import type { Command } from "commander";
import type { CollectionState, RunLine } from "#core/model/run.ts";
import { RunMetrics } from "#core/monitoring/metrics.ts";
import { type NodeMetrics, inRunOrder, renderMetricsTable } from "#core/monitoring/metrics-table.ts";
import type { CoordinatorClient } from "./client.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { readEvents } from "./event-feed.ts";
import { runRecord } from "./json-lines.ts";
import { findRun } from "./names.ts";
import { parsePoint } from "./option-values.ts";
import { nodeText, signOf, taskProgress, toDuration, toMoment } from "./states.ts";

interface ShowOptions extends CommonOptions {
  readonly at?: number | string;
  readonly metrics?: boolean;
}

export function addShow(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("show")
      .description("show a run with all its nodes, as it is or as it was at an event or a snapshot")
      .argument("<run>", "the run's id, a unique beginning of it, or last")
      .option("--at <point>", "the number of an event, or the id of a snapshot", parsePoint)
      .option(
        "--metrics",
        "also what its tasks reported: counters, gauges, histograms, timers and texts, summed up level by level",
      ),
  ).action((run: string, options: ShowOptions) => invocation.run(options, (context) => showRun(context, run, options)));
}

async function showRun(context: CommandContext, text: string, options: ShowOptions): Promise<ExitCode> {
  const { line, names, metrics } = await withReader(context, async (client) => {
    const { run } = await findRun(client, text);
    const line = await client.ask("run.show", options.at === undefined ? { run } : { run, at: options.at });
    const agents = await client.ask("fleet.list", {});
    const metrics = options.metrics === true ? await readMetrics(client, line) : null;
    return { line, metrics, names: new Map(agents.map((agent): [string, string] => [agent.id, agent.name])) };
  });
  context.output.record(metrics === null ? runRecord(line) : { ...runRecord(line), metrics });
  context.output.print(runText(line, (id) => names.get(id) ?? line.goneAgents?.[id] ?? id));
  if (metrics !== null) context.output.print(renderMetricsTable(metrics));
  return EXIT.done;
}

/** What the tasks of a run had reported up to the event it is shown at. Rule MET-1. */
async function readMetrics(client: CoordinatorClient, line: RunLine): Promise<readonly NodeMetrics[]> {
  const metrics = new RunMetrics();
  for await (const event of readEvents(client, line.run, 0)) {
    if (event.seq > line.seq) break;
    metrics.add(event);
  }
  return inRunOrder(line, metrics.totals());
}

/** A run for people: what it is, then one line for each node, inner ones further in. */
export function runText(line: RunLine, agentName: (id: string) => string): string {
  const { done, total } = taskProgress(line);
  const took = line.startedAt === null || line.endedAt === null ? "" : `, ${toDuration(line.endedAt - line.startedAt)}`;
  const lines = [
    `${signOf(line.state)} ${line.workflow} ${line.state}, ${done} of ${total} tasks done${took}`,
    `  run ${line.run}, event ${line.seq}, created ${toMoment(line.createdAt)}`,
  ];
  if (line.forkedFrom !== undefined)
    lines.push(`  forked from run ${line.forkedFrom.run} at event ${String(line.forkedFrom.seq)}`);
  const why = line.error?.message ?? line.reason;
  if (why !== null && why !== "") lines.push(`  ${why}`);
  if (line.state === "paused")
    lines.push(`  ${line.frozen} processes stopped in place, ${line.inFlight} still running`);
  if (line.collection !== null) lines.push(`  ${collectionText(line.collection)}`);
  lines.push(...line.nodes.map((node) => `  ${nodeText(node, agentName)}`));
  if (line.outputs !== null && Object.keys(line.outputs).length > 0)
    lines.push(`  outputs: ${JSON.stringify(line.outputs)}`);
  return lines.join("\n");
}

function collectionText(collection: CollectionState): string {
  if (collection.state === "pending") return "its files are being brought home";
  if (collection.state === "done") return "its files are home";
  return `its files could not be brought home: ${collection.failure?.message ?? "no reason was given"}`;
}
