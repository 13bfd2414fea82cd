import { Child } from "./child.ts";
import { FifoPool } from "./fifo-pool.ts";
import { Freezer } from "./freezer.ts";
import {
  type FromSpawner,
  isToSpawner,
  type StartRequest,
  TOKEN_VARIABLE,
  toToken,
  type ToSpawner,
} from "./messages.ts";
import { type GroupName, signalGroups } from "./process-groups.ts";
import { killByToken, readProcesses, readToken, signalProcess } from "./process-table.ts";

// The process that starts children: small, because starting one costs more the larger the starter is, and separate, so
// that it outlives a killed agent long enough to end what the agent had started.

/** After an attempt ended: when to look for processes of ended attempts that cut every tie. */
const SWEEP_AFTER_MS = 500;

const [tokenPrefix = "", pipeFolder = ""] = process.argv.slice(2);
const pipes = process.platform === "win32" ? null : new FifoPool(pipeFolder);
const children = new Map<string, Child>();
let sweepTimer: NodeJS.Timeout | undefined;

const freezer = new Freezer(groupOf, (ids) => tell({ kind: "frozen", ids }));

function groupOf(id: string): GroupName | undefined {
  const pid = children.get(id)?.pid;
  return pid === undefined ? undefined : { pid, token: toToken(tokenPrefix, id) };
}

function tell(message: FromSpawner): void {
  // Without a channel the end of this process is already under way.
  if (process.connected) process.send?.(message);
}

function start(request: StartRequest): void {
  const token = toToken(tokenPrefix, request.id);
  const environment = { ...request.environment, [TOKEN_VARIABLE]: token };
  try {
    const child = new Child({
      request: { ...request, environment },
      pipes,
      tell,
      hunt: () => killByExactToken(token),
      over: () => {
        children.delete(request.id);
        freezer.forget(request.id);
        sweepTimer ??= setTimeout(sweep, SWEEP_AFTER_MS);
      },
    });
    children.set(request.id, child);
  } catch (error) {
    tell({
      kind: "failed",
      id: request.id,
      code: "spawn",
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

function killByExactToken(token: string): void {
  for (const line of readProcesses()) if (readToken(line.pid) === token) signalProcess(line.pid, "SIGKILL");
}

function sweep(): void {
  sweepTimer = undefined;
  const live = new Set([...children.keys()].map((id) => toToken(tokenPrefix, id)));
  for (const line of readProcesses()) {
    const token = readToken(line.pid);
    if (token?.startsWith(`${tokenPrefix}.`) && !live.has(token)) signalProcess(line.pid, "SIGKILL");
  }
}

function groupsOf(ids: readonly string[]): GroupName[] {
  return ids.map(groupOf).filter((group) => group !== undefined);
}

function obey(message: ToSpawner): void {
  switch (message.kind) {
    case "start":
      return start(message);
    case "signal":
      for (const id of message.ids) freezer.forget(id);
      signalGroups(groupsOf(message.ids), message.signal);
      return signalGroups(groupsOf(message.ids), "SIGCONT");
    case "freeze":
      return freezer.freeze(message.ids);
    case "thaw":
      freezer.thaw(message.ids);
      return tell({ kind: "thawed", ids: message.ids.filter((id) => children.has(id)) });
  }
}

/** The agent is gone, however it went: nothing that it started may live on. */
function end(): void {
  signalGroups(groupsOf([...children.keys()]), "SIGKILL");
  killByToken(tokenPrefix);
  pipes?.dispose();
  process.exit(0);
}

process.on("message", (message: unknown) => {
  if (isToSpawner(message)) obey(message);
});
process.on("disconnect", end);
// Ctrl-C reaches the whole terminal; the agent quits in order and then lets go of this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
tell({ kind: "ready" });
