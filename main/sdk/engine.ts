import type { Json, JsonObject } from "#core/base/json.ts";
import { previewRun } from "#core/engine/preview.ts";
import type { WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { RunEvent } from "#core/model/event.ts";
import { RUN_PATH, type NodePath } from "#core/model/id.ts";
import type { NodeFailure, RunLine, WorkflowState } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import type { Random } from "#core/ports/random.ts";
import { checkInputs } from "#core/workflow-file/inputs.ts";
import { mintRunId } from "../coordinator/run-id.ts";
import { makeClock } from "#system/clock.ts";
import { MustWaitError, RefusedError } from "./errors.ts";
import type { FaultHandler } from "./fault-handler.ts";
import { checkForAtOnce, checkForProcess } from "./fitness.ts";
import { Observers, type WorkflowObserver } from "./observer.ts";
import { MustWait, RunInProcess, type RunSettings } from "./run-in-process.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import type { WorkflowTypes } from "./workflow-type.ts";
import type { Workflow } from "./workflow.ts";

export interface EngineOptions {
  /** Functions that run at once; 16 by default. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  readonly random?: Pick<Random, "chance">;
}

/** What a run came to. */
export type WorkflowResult<Outputs = JsonObject> =
  | { readonly ok: true; readonly outputs: Outputs; readonly run: RunLine }
  | { readonly ok: false; readonly state: WorkflowState; readonly error: NodeFailure; readonly run: RunLine };

/** The arguments of an execution: without inputs that must be given, none are needed. */
export type Arguments<Given> = Record<never, never> extends Given ? [inputs?: Given] : [inputs: Given];

const DEFAULT_CONCURRENCY = 16;
/** As long as a timer may be: something must keep the process alive while a run waits for somebody. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;
const BY = "sdk";

/** Runs a workflow in this process, with functions for tasks: the same engine as a coordinator's, without its machines. */
export class WorkflowEngine<Types extends WorkflowTypes = WorkflowTypes> {
  readonly #workflow: Workflow<Types>;
  readonly #options: EngineOptions;
  readonly #observers = new Observers();
  #faultHandler: FaultHandler | null = null;
  #scheduler: WorkflowScheduler | null = null;
  #persistence: PersistenceProvider | null = null;
  #run: RunInProcess | null = null;
  #keeper: SnapshotKeeper | null = null;

  constructor(workflow: Workflow<Types>, options: EngineOptions = {}) {
    this.#workflow = workflow;
    this.#options = options;
  }

  addObserver(observer: WorkflowObserver): this {
    this.#observers.add(observer);
    return this;
  }

  removeObserver(observer: WorkflowObserver): this {
    this.#observers.remove(observer);
    return this;
  }

  get observers(): readonly WorkflowObserver[] {
    return this.#observers.all;
  }

  get faultHandler(): FaultHandler | null {
    return this.#faultHandler;
  }

  /** For the executions that follow. Its policy is that of every task which has none itself, also in workflows built into this one. */
  setFaultHandler(handler: FaultHandler): this {
    this.#faultHandler = handler;
    return this;
  }

  /** Which of the waiting tasks begin. This process is its only agent. */
  setScheduler(scheduler: WorkflowScheduler): this {
    this.#scheduler = scheduler;
    return this;
  }

  /** Keeps snapshots of the executions that follow: at every pause, every minute if something changed, and at the end. Rule SNAP-3. */
  setPersistence(provider: PersistenceProvider): this {
    this.#persistence = provider;
    return this;
  }

  /** The workflow as it is executed: with the policy of the fault handler. */
  get workflow(): Workflow<Types> {
    const policy = this.#faultHandler?.policy;
    return policy === undefined ? this.#workflow : this.#workflow.withFault(policy);
  }

  get definition(): WorkflowDefinition {
    return this.#workflow.definition;
  }

  get state(): WorkflowState {
    return this.show().state;
  }

  /** Of the last execution. */
  get events(): readonly RunEvent[] {
    return this.#run?.events ?? [];
  }

  /** The last execution with all its nodes; before the first, the workflow as it would start. */
  show(): RunLine {
    return this.#run?.show() ?? previewRun(this.#workflow.definition);
  }

  /**
   * Runs the workflow to its end. A workflow that fails is a result; rejected is only what cannot begin: with `RefusedError` for
   * inputs, with `AgentTaskError` for tasks that need an agent.
   */
  async execute(...[inputs]: Arguments<Types["given"]>): Promise<WorkflowResult<Types["outputs"]>> {
    const run = this.#begin(inputs, "waits");
    const alive = setInterval(() => {}, KEEP_ALIVE_MS);
    try {
      run.start();
      this.#keeper?.start(() => run.state);
      await run.ended;
    } finally {
      await this.#keeper?.stop();
      clearInterval(alive);
    }
    return toResult(run.show());
  }

  /** The same without waiting for anything. Throws `MustWaitError`, which names the nodes, where that is not possible. */
  executeSync(...[inputs]: Arguments<Types["given"]>): WorkflowResult<Types["outputs"]> {
    checkForAtOnce(this.workflow);
    const run = this.#begin(inputs, "at-once");
    try {
      run.start();
    } catch (error) {
      run.abandon();
      throw error instanceof MustWait ? new MustWaitError([error]) : error;
    }
    if (run.hasEnded) return toResult(run.show());
    run.abandon();
    const open = run.show().nodes.filter((node) => node.state === "running" || node.phase === "held");
    throw new MustWaitError(open.map(({ path }) => ({ path, why: "somebody has to say how it goes on" })));
  }

  /** Nothing new begins. A function cannot be stopped in place: it ends, and nothing follows from it before `resume`. Rule RUN-3. */
  async pause(path: string = RUN_PATH): Promise<void> {
    await this.#present().ask({ kind: "pause", mode: "drain", path: path as NodePath, by: BY });
  }

  /** Keeps the run as it is now; the id is what the persistence provider knows it by. */
  async snapshot(): Promise<string> {
    const { state } = this.#present();
    if (this.#keeper === null) throw new RefusedError("no-provider", "the engine has no persistence provider");
    return this.#keeper.take(state, "manual");
  }

  async resume(path: string = RUN_PATH): Promise<void> {
    await this.#present().ask({ kind: "resume", path: path as NodePath, by: BY });
  }

  async cancel(path: string = RUN_PATH): Promise<void> {
    await this.#present().ask({ kind: "cancel", path: path as NodePath, by: BY });
  }

  async retry(path: string): Promise<void> {
    await this.#present().ask({ kind: "retry", path: path as NodePath, by: BY });
  }

  async skip(path: string): Promise<void> {
    await this.#present().ask({ kind: "skip", path: path as NodePath, by: BY });
  }

  /** Says what a node came to, also one whose function returned `pending()`. Rule NODE-11. */
  async complete(path: string, result: Json): Promise<void> {
    await this.#present().ask({ kind: "complete", path: path as NodePath, result, by: BY });
  }

  async approve(path: string, approved = true): Promise<void> {
    await this.#present().ask({ kind: "approve", path: path as NodePath, approved, by: BY });
  }

  #present(): RunInProcess {
    if (this.#run === null || this.#run.hasEnded) throw new RefusedError("wrong-state", "the workflow is not running");
    return this.#run;
  }

  #begin(inputs: object | undefined, mode: RunSettings["mode"]): RunInProcess {
    if (this.#run !== null && !this.#run.hasEnded)
      throw new RefusedError("wrong-state", "the workflow is running: make another engine for another run");
    const { workflow } = this;
    checkForProcess(workflow);
    const given: JsonObject = JSON.parse(JSON.stringify(inputs ?? {}));
    const checked = checkInputs(workflow.definition, given);
    if (!checked.ok) throw new RefusedError("invalid-inputs", checked.error.map(({ message }) => message).join("; "));
    const {
      clock = makeClock({ keepsAlive: true }),
      random = { chance: () => Math.random() },
      concurrency = DEFAULT_CONCURRENCY,
    } = this.#options;
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new RefusedError("invalid", `expected a concurrency of at least 1, found ${concurrency}`);
    const run = new RunInProcess({
      run: mintRunId(clock.now(), random.chance()),
      workflow,
      inputs: checked.value,
      clock,
      random,
      scheduler: this.#scheduler,
      faultHandler: this.#faultHandler,
      observers: this.#observers,
      concurrency,
      mode,
      snapshot: (state, reason) => this.#keeper?.take(state, reason),
    });
    this.#run = run;
    this.#keeper =
      this.#persistence === null
        ? null
        : new SnapshotKeeper(this.#persistence, clock, (message) => run.give({ kind: "error", message }));
    return run;
  }
}

const UNKNOWN_FAILURE: NodeFailure = { code: "failed", message: "the workflow failed" };

/** What a run that has ended came to. The outputs are what the definition says; their types follow from it where they can be known. */
export function toResult<Outputs>(run: RunLine): WorkflowResult<Outputs> {
  if (run.state === "completed") return { ok: true, outputs: (run.outputs ?? {}) as Outputs, run };
  const error =
    run.error ?? (run.state === "cancelled" ? { code: "cancelled", message: run.reason ?? "cancelled" } : null);
  return { ok: false, state: run.state, error: error ?? UNKNOWN_FAILURE, run };
}
