import { defined } from "#core/base/assert.ts";
import type { Json, JsonObject } from "#core/base/json.ts";
import type { RunState } from "#core/engine/state.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { Millis } from "#core/model/id.ts";
import type { AttemptOutcome, NodeFailure, TaskReport } from "#core/model/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import { callScript, toScriptContext } from "./call-script.ts";
import { FUNCTIONS_MODULE, type WorkflowFunction } from "./compile.ts";
import { messageOf } from "./errors.ts";
import { makeContext, type TaskContext } from "./make-context.ts";
import { isNodeResult } from "./node-result.ts";
import { toJson } from "./to-json.ts";

export interface AttemptSettings {
  readonly spec: AttemptSpec;
  readonly clock: Clock;
  readonly functions: ReadonlyMap<string, WorkflowFunction>;
  /** Where modules of scripts are looked for. */
  readonly folder: string;
  readonly state: () => RunState;
  readonly report: (report: TaskReport) => void;
  /** Called before something is waited for. */
  readonly mustWait: (why: string) => void;
  /** At most once, and not after `stop`. */
  readonly ended: (end: { readonly outcome: AttemptOutcome; readonly set: JsonObject }) => void;
}

type TaskFunction = (context: TaskContext) => unknown;

/** A task's function while it runs. It cannot be ended from outside: once stopped, nothing it does counts any more. */
export class FunctionAttempt {
  readonly #settings: AttemptSettings;
  readonly #controller = new AbortController();
  readonly #written = new Map<string, Json>();
  readonly #startedMs: number;
  #isOver = false;
  #cancelTimer: () => void = () => {};

  constructor(settings: AttemptSettings) {
    this.#settings = settings;
    this.#startedMs = settings.clock.monotonicMs();
  }

  /** With "waits" the function is called a little later, so that nothing of the caller's is under way then. */
  start(mode: "waits" | "at-once"): void {
    const { spec, mustWait, clock } = this.#settings;
    if (spec.timeoutMs !== null) {
      const { timeoutMs } = spec;
      mustWait("it has a timeout");
      this.#cancelTimer = clock.after(timeoutMs, () => this.#timeOut(timeoutMs));
    }
    if (spec.action.kind === "sleep") return this.#sleep(spec.action.durationMs);
    if (spec.action.kind === "noop") return this.#succeed(null);
    if (mode === "waits") queueMicrotask(() => this.#call());
    else this.#call();
  }

  stop(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#controller.abort();
  }

  #sleep(durationMs: number): void {
    this.#settings.mustWait("it sleeps");
    const cancelTimeout = this.#cancelTimer;
    const cancelSleep = this.#settings.clock.after(durationMs, () => this.#succeed(null));
    this.#cancelTimer = () => {
      cancelTimeout();
      cancelSleep();
    };
  }

  #timeOut(timeoutMs: number): void {
    this.#fail({ code: "timeout", message: `it took longer than ${timeoutMs} ms` });
    this.#controller.abort();
  }

  #call(): void {
    if (this.#isOver) return;
    let value: unknown;
    try {
      value = this.#invoke();
    } catch (error) {
      return this.#fail(toFailure(error));
    }
    if (!isThenable(value)) return this.#settle(value);
    Promise.resolve(value).then(
      (result) => this.#settle(result),
      (error: unknown) => this.#fail(toFailure(error)),
    );
    this.#settings.mustWait("its function is asynchronous");
  }

  #invoke(): unknown {
    const { spec, functions, folder, clock, state } = this.#settings;
    const { action } = spec;
    if (action.kind !== "script") throw new Error(`a task of kind ${action.kind} needs an agent`);
    const report = (said: TaskReport): void => {
      if (!this.#isOver) this.#settings.report(said);
    };
    const { signal } = this.#controller;
    const context = makeContext({ spec, signal, written: this.#written, state, report });
    if (action.module !== FUNCTIONS_MODULE)
      return callScript(action, folder, toScriptContext(context, spec, clock, signal));
    const found = defined(functions.get(action.export), `the function of ${spec.key.path}`);
    // The builders have given the function a context of this very shape, with the types of its workflow.
    return (found.run as TaskFunction)(context);
  }

  #settle(value: unknown): void {
    if (!isNodeResult(value)) return this.#succeed(value);
    switch (value.nodeResult) {
      case "success":
        return this.#succeed(value.value);
      case "failure":
        return this.#fail(value.failure);
      case "pending":
        if (!this.#isOver) this.#settings.mustWait("its result comes from outside");
    }
  }

  #succeed(value: unknown): void {
    const result = toJson(value);
    if (!result.ok) return this.#fail({ code: "result", message: `the function's result: ${result.error}` });
    const set = Object.fromEntries(this.#written);
    this.#over({ kind: "success", result: result.value, files: [], executionMs: this.#elapsedMs() }, set);
  }

  #fail(failure: NodeFailure): void {
    this.#over({ kind: "failure", failure, executionMs: this.#elapsedMs() }, {});
  }

  #over(outcome: AttemptOutcome, set: JsonObject): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#settings.ended({ outcome, set });
  }

  #elapsedMs(): Millis {
    return Math.round(this.#settings.clock.monotonicMs() - this.#startedMs) as Millis;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** An error's own `code` stays, where it is a text. */
function toFailure(error: unknown): NodeFailure {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "exception";
  return { code, message: messageOf(error) };
}
