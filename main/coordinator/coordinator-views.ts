import { documentOrder, toNodeLine, toRunLine } from "#core/engine/queries.ts";
import type { LogHead, OrderedNode } from "#core/ipc/topics.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId, NodePath, RunId } from "#core/model/id.ts";
import type { NodeLine, RunLine } from "#core/model/run.ts";
import type { RunState } from "#core/engine/state.ts";
import type { AttemptQueue } from "./attempt-queue.ts";
import type { FleetBook } from "./fleet-book.ts";
import type { Ledger } from "./ledger.ts";
import type { CoordinatorPorts } from "./ports.ts";
import type { RunBook } from "./run-book.ts";
import type { Troubles } from "./troubles.ts";
import type { Views } from "./views.ts";

/** Attempts of one agent that are told: more are not drawn. */
const MAX_WORK = 64;
const WAITING_FOR_A_SLOT = "waiting for a free slot; others come first";

interface Books {
  readonly runs: RunBook;
  readonly fleet: FleetBook;
  readonly queue: AttemptQueue;
  readonly ledger: Ledger;
  readonly ports: CoordinatorPorts;
  readonly troubles: Troubles;
}

/** What watchers see, read from the books at the moment they ask. */
export function createViews(books: Books): Views {
  const { runs, fleet, queue, ledger, ports, troubles } = books;
  const withState = <T>(run: RunId, otherwise: T, read: (state: RunState) => T): T => {
    const state = runs.state(run);
    return state === undefined ? otherwise : read(state);
  };
  const withWork = (id: AgentId): NodeInfo | null => {
    const info = fleet.info(id);
    return info?.paired === true ? { ...info, work: ledger.work(id, MAX_WORK) } : info;
  };
  return {
    fleetHead: () => ({
      appId: ports.app.id,
      appName: ports.app.name,
      machine: ports.app.machine,
      localAgents: fleet.pairedIds().filter((id) => fleet.info(id)?.isThisMachine && fleet.status(id) !== "offline")
        .length,
      trouble: troubles.present(),
    }),
    agents: () => fleet.ids().flatMap((id) => withWork(id) ?? []),
    agent: withWork,
    heads: () => runs.ids().flatMap((run) => runs.head(run) ?? []),
    head: (run) => runs.head(run),
    nodes: (run) =>
      withState<readonly OrderedNode[]>(run, [], (state) =>
        toRunLine(state).nodes.map((line) => ({
          ...explain(line, run, queue),
          order: documentOrder(state, line.path),
        })),
      ),
    node: (run, path) =>
      withState<OrderedNode | null>(run, null, (state) => {
        const line = toNodeLine(state, path);
        return line === undefined ? null : { ...explain(line, run, queue), order: documentOrder(state, path) };
      }),
    events: (run, after, limit) => ports.journal.read(run, after, limit),
    newestAttempt: (run, path) => ledger.get(run, path)?.key ?? ports.outputs.newest(run, path),
    logHead: (run, path) => withState<LogHead | null>(run, null, (state) => logHead(state, run, path, ports)),
    logPieces: (key, offset, maxBytes) => ports.outputs.read(key, offset, maxBytes),
  };
}

function logHead(state: RunState, run: RunId, path: NodePath, ports: CoordinatorPorts): LogHead | null {
  const line = toNodeLine(state, path);
  if (line === undefined) return null;
  const key = ports.outputs.newest(run, path);
  return {
    run,
    path,
    attempt: line.attempt,
    sizeBytes: key === null ? 0 : ports.outputs.sizeBytes(key),
    complete: line.state !== "running" && line.state !== "suspended" && line.state !== "idle",
  };
}

/** A queued node's reason is the scheduler's, which is of the moment and not in the journal. Rule NODE-2. */
function explain(line: NodeLine, run: RunId, queue: AttemptQueue): NodeLine {
  if (!queue.has(run, line.path)) return line;
  return { ...line, reason: queue.reason(run, line.path) ?? WAITING_FOR_A_SLOT };
}

/** The whole run with the scheduler's reasons. */
export function explainRun(state: RunState, run: RunId, queue: AttemptQueue): RunLine {
  const whole = toRunLine(state);
  return { ...whole, nodes: whole.nodes.map((line) => explain(line, run, queue)) };
}
