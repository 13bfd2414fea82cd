import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "#core/base/json.ts";
import type { WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import { CoordinatorClient } from "../cli/client.ts";
import { dataFolderPath } from "../host/data-folder.ts";
import { type FrameChannel, openInProcess } from "../host/frame-channel.ts";
import { startHost } from "../host/host.ts";
import { connectLocal } from "../host/local-socket.ts";
import { type CoordinatorHost, DataFolderHeldError } from "../host/session.ts";
import { type Arguments, WorkflowEngine } from "./engine.ts";
import { RefusedError } from "./errors.ts";
import { DefaultFaultHandler } from "./fault-handler.ts";
import { checkForFleet, functionTasks } from "./fitness.ts";
import type { WorkflowObserver } from "./observer.ts";
import { ask, FleetRun } from "./fleet-run.ts";
import type { RunHandle } from "./run-handle.ts";
import type { WorkflowTypes } from "./workflow-type.ts";
import { Workflow } from "./workflow.ts";

export interface CoordinatorOptions {
  /** The data folder: by default `LANWEAVE_DATA`, or the one of the desktop app. A coordinator that has it already is used. */
  readonly data?: string;
  /** So many agents of its own on this machine, which end with it. */
  readonly local?: number;
  /** Whether agents are looked for on the network: by default only without `local`. */
  readonly discovery?: boolean;
  /** What agents and people see as its name: by default the machine's. */
  readonly name?: string;
  readonly scheduler?: WorkflowScheduler;
  /** Keeps the snapshots of runs in place of the data folder. */
  readonly persistence?: PersistenceProvider;
}

/** How long a coordinator that holds the folder may take to open its socket. */
const HOLDER_WAIT_MS = 5_000;
const HOLDER_POLL_MS = 100;

interface Connection {
  readonly client: CoordinatorClient;
  /** Null: another process has the data folder. */
  readonly host: CoordinatorHost | null;
  readonly agents: readonly AgentId[];
}

/** Runs workflows on a fleet. Nothing is opened or started before `start`, or the first run. */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  #connecting: Promise<Connection> | null = null;

  constructor(options: CoordinatorOptions = {}) {
    this.#options = options;
  }

  /** Connects to the coordinator of the data folder, or becomes it. Once is enough; later calls wait for the same. */
  async start(): Promise<this> {
    await this.#connect();
    return this;
  }

  /**
   * Starts a run. An engine brings its fault policy and its observers along. Throws `FunctionTaskError` for tasks that are functions of
   * this process, `RefusedError` for whatever the coordinator refuses.
   */
  async run<Types extends WorkflowTypes>(
    what: Workflow<Types> | WorkflowEngine<Types>,
    ...[inputs]: Arguments<Types["given"]>
  ): Promise<RunHandle<Types["outputs"]>> {
    const workflow = toWorkflow(what);
    checkForFleet(workflow);
    const files = [...workflow.toFiles()].map(([name, document]) => ({ name, text: JSON.stringify(document) }));
    const given: JsonObject = JSON.parse(JSON.stringify(inputs ?? {}));
    const source = { kind: "built", folder: workflow.folder, files } as const;
    const { run } = await this.#ask("run.start", { source, inputs: given });
    const handle = await this.#handle<Types["outputs"]>(run);
    for (const observer of observersOf(what)) handle.addObserver(observer);
    return handle;
  }

  /** A run that was started before. */
  async attach(run: string): Promise<RunHandle> {
    await this.#ask("run.show", { run });
    return this.#handle(run as RunId);
  }

  /** Tasks of a workflow that no other machine could carry out: none means that it can run on a fleet. */
  localTasks({ definition }: Workflow | WorkflowEngine): readonly string[] {
    return functionTasks(definition);
  }

  /** The machines it knows, paired or only seen. */
  agents(): Promise<readonly NodeInfo[]> {
    return this.#ask("fleet.list", {});
  }

  runs(): Promise<readonly RunHead[]> {
    return this.#ask("run.list", {});
  }

  /** With the code that the agent shows. */
  async pair(nameOrAddress: string, code: string): Promise<void> {
    await this.#ask("fleet.pair", { target: nameOrAddress, code });
  }

  /** Work goes on at the agents; local agents that came along end. What it has hosted can be taken up again with the same data folder. */
  async dispose(): Promise<void> {
    const connecting = this.#connecting;
    if (connecting === null) return;
    this.#connecting = null;
    const { client, host, agents } = await connecting;
    if (host === null && agents.length > 0) await client.request("fleet.stop-local", { agents: [...agents] });
    client.dispose();
    await host?.dispose();
  }

  async #handle<Outputs>(run: RunId): Promise<RunHandle<Outputs>> {
    const { client } = await this.#connect();
    return new FleetRun<Outputs>(client, run);
  }

  async #ask<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResults[M]> {
    const { client } = await this.#connect();
    return ask(client, method, params);
  }

  #connect(): Promise<Connection> {
    this.#connecting ??= connect(this.#options).catch((error: unknown) => {
      this.#connecting = null;
      throw error;
    });
    return this.#connecting;
  }
}

async function connect(options: CoordinatorOptions): Promise<Connection> {
  const dataDir = dataFolderPath(options.data);
  const { channel, host } = await openChannel(dataDir, options);
  try {
    const client = await CoordinatorClient.open(channel, personName());
    const { local } = options;
    if (local === undefined) return { client, host, agents: [] };
    const { agents } = await ask(client, "fleet.start-local", { count: local, keep: false });
    return { client, host, agents };
  } catch (error) {
    channel.close();
    await host?.dispose();
    throw error;
  }
}

async function openChannel(
  dataDir: string,
  { scheduler, persistence, name, local, discovery }: CoordinatorOptions,
): Promise<{ readonly channel: FrameChannel; readonly host: CoordinatorHost | null }> {
  const running = await connectLocal(dataDir);
  if (running !== null) {
    if (scheduler === undefined && persistence === undefined) return { channel: running, host: null };
    running.close();
    const what = scheduler === undefined ? "a persistence provider" : "a scheduler";
    throw new RefusedError("held", `another process has the data folder ${dataDir}: ${what} needs a folder of its own`);
  }
  const start = startHost({
    dataDir,
    appName: name ?? null,
    discovery: discovery ?? local === undefined,
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(persistence === undefined ? {} : { snapshots: persistence }),
  });
  try {
    const host = await start;
    return { channel: openInProcess(host, "sdk"), host };
  } catch (error) {
    if (!(error instanceof DataFolderHeldError) || scheduler !== undefined || persistence !== undefined) throw error;
    return { channel: await waitForHolder(dataDir, error), host: null };
  }
}

/** The folder's holder may be just about to open its socket. */
async function waitForHolder(dataDir: string, held: DataFolderHeldError): Promise<FrameChannel> {
  const deadline = performance.now() + HOLDER_WAIT_MS;
  while (performance.now() < deadline) {
    const channel = await connectLocal(dataDir);
    if (channel !== null) return channel;
    await delay(HOLDER_POLL_MS);
  }
  throw held;
}

function toWorkflow(what: Workflow | WorkflowEngine): Workflow {
  if (what instanceof Workflow) return what;
  const handler = what.faultHandler;
  if (handler === null || handler instanceof DefaultFaultHandler) return what.workflow;
  throw new RefusedError(
    "fault-handler",
    "a fault handler that decides about each attempt can only be asked in this process: give the nodes fault policies, or the engine a defaultFaultHandler()",
  );
}

function observersOf(what: Workflow | WorkflowEngine): readonly WorkflowObserver[] {
  return what instanceof WorkflowEngine ? what.observers : [];
}

/** Who acts: what is done by hand is recorded with it. */
function personName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in some containers.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
