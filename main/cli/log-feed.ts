import type { NodePath, RunId } from "#core/model/id.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { OrderedNode } from "#core/ipc/topics.ts";
import type { CoordinatorClient } from "./client.ts";
import { CommandError } from "./command-error.ts";
import type { LogPrinter } from "./log-printer.ts";
import { isFinalNodeState, isFinalRunState } from "./states.ts";

/** Asking for new output of the nodes that run; a topic for each would soon be more than one client may watch. */
const ASK_MS = 300;

/** Where the reading of one node's newest attempt stands. */
interface Reading {
  readonly attempt: number;
  readonly offset: number;
}

/** Prints the output of a run's tasks at or inside `path` as it comes, until the run, or the part of it, has ended. */
export async function followLogs(
  client: CoordinatorClient,
  run: RunId,
  path: string,
  printer: LogPrinter,
): Promise<void> {
  const nodes = new Map<NodePath, OrderedNode>();
  const readings = new Map<NodePath, Reading>();
  let state: string | null = null;
  const failure: { error: CommandError | null } = { error: null };
  const stop = client.watch("run", topicName.run(run), (news) => {
    if (news.kind === "gone") failure.error = new CommandError(news.error.code, news.error.message);
    else {
      const changed = news.kind === "snapshot" ? news.items : news.upsert;
      for (const node of changed) if (isWithin(node.path, path)) nodes.set(node.path, node);
      state = news.head?.state ?? state;
    }
  });
  void client.ended.then((reason) => (failure.error ??= new CommandError("lost", reason)));
  try {
    for (;;) {
      // Looked at before reading, so that what was written last is read once more.
      const wasOver = isFinalRunState(state) || isPartOver(nodes, path);
      for (const node of nodes.values()) await readOn(client, run, node, readings, printer);
      if (failure.error !== null) throw failure.error;
      if (wasOver || !printer.hasReader) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
  } finally {
    stop();
  }
}

/** Whether a node is the one at `path` or inside it; `""` is the run, which holds all. */
export function isWithin(node: string, path: string): boolean {
  if (path === "" || node === path) return true;
  return node.startsWith(`${path}/`) || node.startsWith(`${path}[`);
}

/** A part of a run has ended when its own node has. */
function isPartOver(nodes: ReadonlyMap<NodePath, OrderedNode>, path: string): boolean {
  return [...nodes.values()].some((node) => node.path === path && isFinalNodeState(node.state));
}

async function readOn(
  client: CoordinatorClient,
  run: RunId,
  node: OrderedNode,
  readings: Map<NodePath, Reading>,
  printer: LogPrinter,
): Promise<void> {
  if (node.type !== "task" || node.attempt === 0) return;
  const known = readings.get(node.path);
  if (known?.offset === Number.POSITIVE_INFINITY && known.attempt === node.attempt) return;
  let offset = known?.attempt === node.attempt ? known.offset : 0;
  for (;;) {
    const { text, nextOffset, complete } = await client.ask("run.log", { run, path: node.path, offset });
    printer.take(node.path, text);
    const isAllRead = nextOffset <= offset;
    offset = Math.max(offset, nextOffset);
    if (isAllRead) {
      if (complete) printer.finish(node.path);
      readings.set(node.path, { attempt: node.attempt, offset: complete ? Number.POSITIVE_INFINITY : offset });
      return;
    }
  }
}
