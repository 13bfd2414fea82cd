import { mapGet } from "#core/base/persistent-map.ts";
import type { Command } from "#core/engine/command.ts";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import type { Decision, Moment } from "#core/engine/decision.ts";
import type { FaultDecision } from "#core/engine/fault-decision.ts";
import type { RunInput } from "#core/engine/input.ts";
import { toNodeLine, toRunHead, toRunLine } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { JsonObject } from "#core/base/json.ts";
import type { WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { EpochMs, NodePath, RunId } from "#core/model/id.ts";
import type { NodeFailure, NodeLine, RunLine, WorkflowState } from "#core/model/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import { FunctionAttempt } from "./attempt.ts";
import { toDecision } from "./decide-fault.ts";
import { messageOf, RefusedError } from "./errors.ts";
import type { FaultHandler, RunView } from "./fault-handler.ts";
import type { Observers } from "./observer.ts";
import { Placer } from "./placer.ts";
import type { Workflow } from "./workflow.ts";

export interface RunSettings {
  readonly run: RunId;
  readonly workflow: Workflow;
  readonly inputs: JsonObject;
  readonly clock: Clock;
  readonly random: Pick<Random, "chance">;
  readonly scheduler: WorkflowScheduler | null;
  readonly faultHandler: FaultHandler | null;
  readonly observers: Observers;
  /** Functions that run at once. */
  readonly concurrency: number;
  /** Whether anything can be waited for. */
  readonly mode: "waits" | "at-once";
  readonly snapshot: (state: RunState, reason: "pause" | "final") => void;
}

type Answer = (refusal: RefusedError | null) => void;

const BY = "sdk";

/**
 * One run in this process: the same engine as a coordinator's, with functions for attempts. Inputs are taken one after the other;
 * what comes while one is taken waits for its turn.
 */
export class RunInProcess implements RunView {
  readonly events: RunEvent[] = [];
  /** Settles when the run has ended. */
  readonly ended: Promise<void>;
  readonly #settings: RunSettings;
  /** The run's time is the wall clock's at its beginning, and then goes on as time passes: a clock that is set changes no wait. */
  readonly #beganMs: number;
  readonly #end: () => void;
  readonly #placer: Placer;
  readonly #attempts = new Map<NodePath, FunctionAttempt>();
  readonly #timers = new Map<string, () => void>();
  #inbox: { readonly input: RunInput; readonly answer: Answer | null }[] = [];
  #isBusy = false;
  #hasEnded = false;
  #state: RunState;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#beganMs = settings.clock.now() - settings.clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#placer = new Placer(settings.scheduler, settings.concurrency);
    const { run, workflow, inputs } = settings;
    const { definition, folder } = workflow;
    const created = createRun({ run, definition, inputs, folder, out: null, by: BY }, this.#moment());
    this.#state = created.next;
    this.#tell(created);
  }

  get definition(): Workflow["definition"] {
    return this.#settings.workflow.definition;
  }

  get state(): RunState {
    return this.#state;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  show(): RunLine {
    return toRunLine(this.#state);
  }

  node(path: string): NodeLine | undefined {
    return toNodeLine(this.#state, path as NodePath);
  }

  start(): void {
    this.give({ kind: "start", by: BY });
  }

  /** Nothing more happens in it. */
  abandon(): void {
    this.#hasEnded = true;
    for (const attempt of this.#attempts.values()) attempt.stop();
    for (const cancel of this.#timers.values()) cancel();
  }

  /** Resolves when the input was taken; rejects with a `RefusedError` when it does not fit. */
  ask(input: RunInput): Promise<void> {
    return new Promise((resolve, reject) => {
      this.give(input, (refusal) => (refusal === null ? resolve() : reject(refusal)));
    });
  }

  give(input: RunInput, answer: Answer | null = null): void {
    this.#inbox.push({ input, answer });
    if (!this.#isBusy) this.#work();
  }

  /** Until nothing is left to do at once. */
  #work(): void {
    this.#isBusy = true;
    try {
      for (;;) {
        const inbox = this.#inbox;
        this.#inbox = [];
        for (const { input, answer } of inbox) this.#take(input, answer);
        if (this.#inbox.length > 0) continue;
        this.#place();
        if (this.#inbox.length > 0) continue;
        this.#finish();
        if (this.#inbox.length === 0) return;
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #take(input: RunInput, answer: Answer | null): void {
    let decision: Decision;
    try {
      decision = decide(this.#state, input, this.#moment());
    } catch (error) {
      const message = `the engine could not take "${input.kind}": ${messageOf(error)}`;
      if (input.kind !== "error") this.give({ kind: "error", message });
      answer?.(new RefusedError("internal", message));
      return;
    }
    this.#state = decision.next;
    this.#tell(decision);
    let refusal: RefusedError | null = null;
    for (const command of decision.commands) {
      if (command.kind === "refuse") refusal = new RefusedError(command.code, command.message);
      else this.#carryOut(command);
    }
    answer?.(refusal);
  }

  #tell({ events }: Decision): void {
    for (const event of events) {
      this.events.push(event);
      this.#settings.observers.tell(event, (message) => this.#trouble(message));
    }
  }

  /** Whatever of the user's throws becomes an event and stops nothing. Rule FAULT-7. */
  #trouble(message: string): void {
    this.give({ kind: "error", message });
  }

  #carryOut(command: Exclude<Command, { readonly kind: "refuse" }>): void {
    switch (command.kind) {
      case "dispatch":
        return this.#begin(command.spec);
      case "stop":
        this.#attempts.get(command.key.path)?.stop();
        this.#attempts.delete(command.key.path);
        return;
      case "timer":
        return this.#setTimer(command.timer, command.at);
      case "cancel-timer":
        this.#timers.get(command.timer)?.();
        this.#timers.delete(command.timer);
        return;
      case "collect":
        // Functions make no files, so there is nothing to bring.
        return this.give({ kind: "collected", failure: null });
      case "snapshot":
        return this.#settings.snapshot(this.#state, command.reason);
      case "freeze":
      case "thaw":
        // A function cannot be stopped in place: it ends, and nothing follows from it until the run goes on.
        return;
    }
  }

  #setTimer(timer: string, at: number): void {
    const path = mapGet(this.#state.timers, timer)?.path ?? timer;
    this.#mustNotWait(path, "its fault policy has it wait");
    this.#timers.get(timer)?.();
    const ring = (): void => {
      this.#timers.delete(timer);
      this.give({ kind: "timer", timer });
    };
    this.#timers.set(timer, this.#settings.clock.after(at - this.#now(), ring));
  }

  #mustNotWait(path: string, why: string): void {
    if (this.#settings.mode === "at-once") throw new MustWait(path, why);
  }

  #begin(spec: AttemptSpec): void {
    const { clock, workflow } = this.#settings;
    const { path, fence } = spec.key;
    const attempt = new FunctionAttempt({
      spec,
      clock,
      functions: workflow.functions,
      folder: workflow.folder,
      state: () => this.#state,
      report: (report) => this.give({ kind: "reported", path, fence, report }),
      mustWait: (why) => this.#mustNotWait(path, why),
      ended: ({ outcome, set }) => {
        if (this.#attempts.get(path) === attempt) this.#attempts.delete(path);
        const decision = outcome.kind === "failure" ? this.#handleFault(path, outcome.failure) : null;
        const ended = { kind: "attempt-ended", path, fence, outcome, set } as const;
        this.give(decision === null ? ended : { ...ended, decision });
      },
    });
    this.#attempts.set(path, attempt);
    attempt.start(this.#settings.mode);
  }

  #handleFault(path: NodePath, failure: NodeFailure): FaultDecision | null {
    const handler = this.#settings.faultHandler;
    if (handler === null || mapGet(this.#state.live, path)?.purpose !== "task") return null;
    try {
      return toDecision(handler.handleFault(this, path, failure), path, this.#state);
    } catch (error) {
      this.#trouble(`the fault handler failed for ${path}, its policy decides: ${messageOf(error)}`);
      return null;
    }
  }

  #place(): void {
    for (const path of this.#placer.place(this.#state, (message) => this.#trouble(message)))
      this.give({ kind: "assigned", path, agent: this.#placer.agent });
  }

  #finish(): void {
    const head = toRunHead(this.#state);
    if (this.#hasEnded || !isFinalRun(head.state) || head.collection?.state === "pending") return;
    this.#hasEnded = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#settings.observers.tellEnd(this.show(), (message) => this.#trouble(message));
    this.#end();
  }

  #now(): EpochMs {
    return Math.floor(this.#beganMs + this.#settings.clock.monotonicMs()) as EpochMs;
  }

  #moment(): Moment {
    return { now: this.#now(), chance: this.#settings.random.chance() };
  }
}

function isFinalRun(state: WorkflowState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** Ends an execution that may not wait; `executeSync` makes a `MustWaitError` of it. */
export class MustWait extends Error {
  readonly path: string;
  readonly why: string;

  constructor(path: string, why: string) {
    super(`${path} must wait: ${why}`);
    this.path = path;
    this.why = why;
  }
}
