import type { JsonObject } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId } from "#core/model/id.ts";
import type { NodeLine, NodeState, RunHead, RunLine, WorkflowState } from "#core/model/run.ts";
import { type SnapshotHead, toSnapshotId } from "#core/model/snapshot.ts";
import type { SmallHost } from "./small-host.ts";

/** All that a small run is: its events, and what it was started with. */
export interface SmallRunRecord {
  readonly id: string;
  readonly workflow: string;
  readonly events: readonly RunEvent[];
  readonly createdAt: number;
  readonly inputs: JsonObject;
}

const PATHS = ["steps/one", "steps/two"];

/** A run of two tasks that completes, fails or never ends, as its workflow's name says. */
export class SmallRun {
  readonly id: RunId;
  readonly events: RunEvent[];
  readonly #host: SmallHost;
  readonly #record: SmallRunRecord;
  #step: NodeJS.Immediate | null = null;

  constructor(host: SmallHost, record: SmallRunRecord) {
    this.#host = host;
    this.#record = record;
    this.id = record.id as RunId;
    this.events = [...record.events];
  }

  record(): SmallRunRecord {
    return { ...this.#record, events: this.events };
  }

  start(): void {
    const { workflow } = this.#record;
    const script: (() => void)[] = [
      () => this.change("running"),
      () => this.#node("steps/one", "running"),
      ...(workflow === "stuck" ? [] : [() => this.#node("steps/one", "completed")]),
      ...(workflow === "quick" ? [() => this.#node("steps/two", "completed"), () => this.change("completed")] : []),
      ...(workflow === "fails" ? [() => this.#node("steps/two", "failed"), () => this.change("failed")] : []),
    ];
    const next = (): void => {
      script.shift()?.();
      if (script.length > 0) this.#step = setImmediate(next);
    };
    this.#step = setImmediate(next);
  }

  stopStepping(): void {
    if (this.#step !== null) clearImmediate(this.#step);
  }

  change(to: WorkflowState): { readonly seq: number } {
    this.#add("WorkflowStateChange", "", this.head().state, to);
    return this.acknowledged();
  }

  acknowledged(): { readonly seq: number } {
    return { seq: this.events.length };
  }

  snapshot(): SnapshotHead {
    const { run, workflow, seq, createdAt, state } = this.head();
    const id = toSnapshotId(run, seq, "manual");
    return { id, run, workflow, seq, time: createdAt, reason: "manual", state, definitionHash: "00" };
  }

  head(at: number = this.events.length): RunHead {
    const states = PATHS.map((path) => this.#stateOf(path, at));
    const count = (state: NodeState): number => states.filter((found) => found === state).length;
    const changes = this.events.slice(0, at).filter((event) => event.type === "WorkflowStateChange");
    const moment = this.#record.createdAt as EpochMs;
    return {
      run: this.id,
      workflow: this.#record.workflow,
      state: (changes.at(-1)?.to ?? "idle") as WorkflowState,
      pauseMode: null,
      reason: null,
      seq: at,
      createdAt: moment,
      startedAt: moment,
      endedAt: null,
      pausedMs: 0 as Millis,
      pausedSince: null,
      variables: {},
      inputs: this.#record.inputs,
      outputs: null,
      error: null,
      outFolder: null,
      collection: null,
      frozen: 0,
      inFlight: 0,
      counts: {
        idle: count("idle"),
        running: count("running"),
        suspended: 0,
        completed: count("completed"),
        failed: count("failed"),
        skipped: 0,
        cancelled: 0,
      },
    };
  }

  line(at: number = this.events.length): RunLine {
    return { kind: "run", ...this.head(at), nodes: PATHS.map((path) => this.#line(path as NodePath, at)) };
  }

  #line(path: NodePath, at: number): NodeLine {
    const zero = 0 as Millis;
    return {
      path,
      type: "task",
      label: "",
      level: 2,
      state: this.#stateOf(path, at),
      phase: null,
      reason: null,
      attempt: 1,
      agent: "00000000000000aa" as AgentId,
      progress: null,
      result: null,
      files: [],
      error: null,
      startedAt: null,
      endedAt: null,
      pausedBefore: zero,
      timing: { wait: zero, execution: zero, total: zero },
      dependsOn: [],
      action: "run",
    };
  }

  #stateOf(path: string, at: number): NodeState {
    return (this.events.slice(0, at).findLast((event) => event.path === path)?.to ?? "idle") as NodeState;
  }

  #node(path: string, to: NodeState): void {
    this.#add("NodeStateChange", path, this.#stateOf(path, this.events.length), to);
  }

  #add(type: RunEvent["type"], path: string, from: string, to: string): void {
    const event: RunEvent = {
      run: this.id,
      seq: this.events.length + 1,
      time: this.#record.createdAt as EpochMs,
      type,
      path: path as NodePath,
      level: path === "" ? 0 : 2,
      from,
      to,
      reason: null,
      message: `${from} to ${to}`,
      data: {},
    };
    this.events.push(event);
    this.#host.tell(`events:${this.id}`, [event]);
    this.#host.tell(`run:${this.id}`, [], this.head());
    this.#host.tell("runs", [this.head()]);
  }
}
