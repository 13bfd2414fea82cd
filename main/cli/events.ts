import type { Command } from "commander";
import type { RunEvent } from "#core/model/event.ts";
import type { CoordinatorClient } from "./client.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { followEvents, readEvents } from "./event-feed.ts";
import { eventRecord } from "./json-lines.ts";
import { findRun } from "./names.ts";
import type { Output } from "./output.ts";
import { isFinalRunState, toMoment } from "./states.ts";

interface EventsOptions extends CommonOptions {
  readonly follow?: boolean;
}

export function addEvents(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("events")
      .description("print a run's events, the oldest first")
      .argument("<run>", "the run's id, a unique beginning of it, or last")
      .option("--follow", "go on with new ones until the run has ended"),
  ).action((run: string, options: EventsOptions) =>
    invocation.run(options, (context) => printEvents(context, run, options.follow === true)),
  );
}

function printEvents(context: CommandContext, text: string, follow: boolean): Promise<ExitCode> {
  return withReader(context, async (client) => {
    const head = await findRun(client, text);
    let seq = 0;
    for await (const event of readEvents(client, head.run, 0)) {
      if (!context.output.hasReader) return EXIT.done;
      printEvent(context.output, event);
      seq = event.seq;
    }
    if (follow) await goOn(client, context.output, text, seq);
    return EXIT.done;
  });
}

async function goOn(client: CoordinatorClient, output: Output, text: string, seq: number): Promise<void> {
  const head = await findRun(client, text);
  if (isFinalRunState(head.state) && head.seq <= seq) return;
  for await (const event of followEvents(client, head.run, seq, new AbortController().signal)) {
    if (!output.hasReader) return;
    printEvent(output, event);
    if (event.type === "WorkflowStateChange" && event.path === "" && isFinalRunState(event.to)) return;
  }
}

export function printEvent(output: Output, event: RunEvent): void {
  output.record(eventRecord(event));
  output.print(eventText(event));
}

function eventText(event: RunEvent): string {
  const change = event.to === null ? "" : ` ${event.from ?? "·"} → ${event.to}`;
  const why = event.reason === null || event.message.endsWith(event.reason) ? "" : ` (${event.reason})`;
  const path = event.path === "" ? "(run)" : event.path;
  return `${String(event.seq).padStart(5)}  ${toMoment(event.time)}  ${event.type} ${path}${change}  ${event.message}${why}`;
}
