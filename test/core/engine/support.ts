import assert from "node:assert/strict";
import type { Json, JsonObject } from "#core/base/json.ts";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import type { Command } from "#core/engine/command.ts";
import type { Decision, Moment } from "#core/engine/decision.ts";
import { evolve } from "#core/engine/evolve.ts";
import type { RunInput } from "#core/engine/input.ts";
import { queuedAttempts, timers, toNodeLine, toRunHead } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunEvent } from "#core/model/event.ts";
import { RUN_PATH, type AgentId, type EpochMs, type Millis, type NodePath, type RunId } from "#core/model/id.ts";
import type { AttemptOutcome, NodeLine, RunHead } from "#core/model/run.ts";
import type {
  ConditionalDefinition,
  Expression,
  FaultPolicy,
  LoopDefinition,
  NodeDefinition,
  ParallelDefinition,
  PipelineDefinition,
  SubworkflowDefinition,
  TaskAction,
  TaskDefinition,
  Template,
  WorkflowDefinition,
} from "#core/model/workflow.ts";

export const AGENT = "00000000000000aa" as AgentId;
export const OTHER_AGENT = "00000000000000bb" as AgentId;
export const BY = "ada";

export function expression(source: string): Expression {
  return { kind: "expression", source };
}

export function template(source: string): Template {
  return { kind: "template", source };
}

export function millis(ms: number): Millis {
  return ms as Millis;
}

export function path(text: string): NodePath {
  return text as NodePath;
}

export const NO_FAULT: FaultPolicy = {
  retry: 0,
  backoff: { type: "fixed", delayMs: millis(0) },
  timeoutMs: null,
  totalTimeoutMs: null,
  then: { kind: "abort" },
  lossLimit: 5,
};

interface Common {
  readonly label?: string;
  readonly dependsOn?: readonly string[];
  readonly fault?: Partial<FaultPolicy>;
}

function common(id: string, { label = "", dependsOn = [], fault = {} }: Common) {
  return { id, label, dependsOn, fault: { ...NO_FAULT, ...fault } };
}

export function task(
  id: string,
  more: Common &
    Partial<Pick<TaskDefinition, "action" | "result" | "environment" | "files" | "needs" | "compensate" | "set">> = {},
): TaskDefinition {
  const action: TaskAction = { kind: "noop" };
  const needs = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };
  const rest = {
    action,
    result: "text",
    environment: {},
    files: { in: [], out: [] },
    needs,
    compensate: null,
    set: {},
  } as const;
  return { ...rest, ...more, type: "task", ...common(id, more) };
}

export function script(source: string): TaskAction {
  return { kind: "run", script: template(source), shell: "sh" };
}

export function pipeline(id: string, nodes: readonly NodeDefinition[], more: Common = {}): PipelineDefinition {
  return { type: "pipeline", nodes, ...common(id, more) };
}

export function parallel(
  id: string,
  nodes: readonly NodeDefinition[],
  more: Common & { forEach?: string; join?: Partial<ParallelDefinition["join"]>; maxConcurrency?: number } = {},
): ParallelDefinition {
  return {
    type: "parallel",
    nodes,
    forEach: more.forEach === undefined ? null : expression(more.forEach),
    join: { threshold: { kind: "all" }, rest: "cancel", ...more.join },
    maxConcurrency: more.maxConcurrency ?? null,
    ...common(id, more),
  };
}

export function conditional(
  id: string,
  condition: string,
  then: readonly NodeDefinition[],
  otherwise: readonly NodeDefinition[] = [],
  more: Common = {},
): ConditionalDefinition {
  return { type: "conditional", if: expression(condition), then, else: otherwise, ...common(id, more) };
}

export function loop(
  id: string,
  repeat: LoopDefinition["repeat"],
  nodes: readonly NodeDefinition[],
  more: Common & { maxIterations?: number } = {},
): LoopDefinition {
  return { type: "loop", repeat, nodes, maxIterations: more.maxIterations ?? 1_000, ...common(id, more) };
}

export function subworkflow(
  id: string,
  definition: WorkflowDefinition,
  more: Common & Partial<Pick<SubworkflowDefinition, "with">> = {},
): SubworkflowDefinition {
  return {
    type: "subworkflow",
    workflow: `${definition.name}.yaml`,
    definition,
    with: more.with ?? {},
    ...common(id, more),
  };
}

export function workflow(
  nodes: readonly NodeDefinition[],
  more: Partial<Omit<WorkflowDefinition, "nodes" | "format">> = {},
): WorkflowDefinition {
  const rest = { description: "", inputs: {}, variables: {}, outputs: {}, collect: [], onFailure: "stop" } as const;
  return { format: 1, name: "sample", ...rest, ...more, nodes };
}

export function success(result: Json = "done", executionMs = 10): AttemptOutcome {
  return { kind: "success", result, files: [], executionMs: millis(executionMs) };
}

export function failure(message = "exit code 3", executionMs = 10): AttemptOutcome {
  return { kind: "failure", failure: { code: "exit", message }, executionMs: millis(executionMs) };
}

/** A run driven by hand: the one place that calls the engine. Checks after every step that `next` is the fold of the events. */
export class Driver {
  state: RunState;
  folded: RunState | null = null;
  events: RunEvent[] = [];
  now = 1_000;
  last: Decision;

  constructor(definition: WorkflowDefinition, inputs: JsonObject = {}, create?: (moment: Moment) => Decision) {
    const run = "run-1" as RunId;
    const moment = this.#moment();
    this.last = create?.(moment) ?? createRun({ run, definition, inputs, folder: null, out: null, by: BY }, moment);
    this.state = this.last.next;
    this.#take(this.last);
  }

  #moment() {
    return { now: this.now as EpochMs, chance: 0.5 };
  }

  #take(decision: Decision): void {
    for (const event of decision.events) {
      const stored: unknown = JSON.parse(JSON.stringify(event));
      this.folded = evolve(this.folded, stored as RunEvent);
      assert.equal(event.seq, this.events.length + 1);
      this.events.push(event);
    }
    this.last = decision;
    this.state = decision.next;
  }

  give(input: RunInput): Decision {
    const decision = decide(this.state, input, this.#moment());
    this.#take(decision);
    return decision;
  }

  /** Gives an input that must be taken. */
  do(input: RunInput): this {
    const { commands } = this.give(input);
    assert.deepEqual(
      commands.filter((command) => command.kind === "refuse"),
      [],
    );
    return this;
  }

  /** Gives an input that must be refused, and says with which code. */
  refused(input: RunInput): string {
    const before = this.state;
    const { commands, events, next } = this.give(input);
    assert.deepEqual(events, []);
    assert.equal(next, before);
    const [command] = commands;
    assert.ok(command?.kind === "refuse" && commands.length === 1, `not refused: ${input.kind}`);
    return command.code;
  }

  start(): this {
    return this.do({ kind: "start", by: BY });
  }

  advance(ms: number): this {
    this.now += ms;
    return this;
  }

  /** Fires every timer that is due. */
  ring(): this {
    for (const { timer, at } of timers(this.state)) if (at <= this.now) this.do({ kind: "timer", timer });
    return this;
  }

  assign(text: string, agent = AGENT): number {
    this.do({ kind: "assigned", path: path(text), agent });
    return this.fence(text);
  }

  fence(text: string): number {
    const assigned = this.events.filter((event) => event.path === text && event.data["kind"] === "assigned");
    const fence = assigned.at(-1)?.data["fence"];
    return typeof fence === "number" ? fence : -1;
  }

  end(text: string, outcome: AttemptOutcome = success()): this {
    return this.do({ kind: "attempt-ended", path: path(text), fence: this.fence(text), outcome });
  }

  /** Assigns and ends one queued task. */
  run(text: string, outcome: AttemptOutcome = success()): this {
    this.assign(text);
    return this.end(text, outcome);
  }

  /** Runs whatever is queued until nothing is, each task with what `outcomes` says of its path. */
  runAll(outcomes: (path: string) => AttemptOutcome = () => success()): this {
    for (let next = this.queued()[0]; next !== undefined; next = this.queued()[0]) this.run(next, outcomes(next));
    return this;
  }

  queued(): readonly string[] {
    return queuedAttempts(this.state).map((attempt) => attempt.path);
  }

  line(text: string): NodeLine {
    const line = toNodeLine(this.state, path(text));
    assert.ok(line !== undefined, `no node ${text}`);
    return line;
  }

  stateOf(text: string): string {
    return text === RUN_PATH ? toRunHead(this.state).state : this.line(text).state;
  }

  head(): RunHead {
    return toRunHead(this.state);
  }

  states(...texts: readonly string[]): readonly string[] {
    return texts.map((text) => this.stateOf(text));
  }

  commands<Kind extends Command["kind"]>(kind: Kind): readonly Extract<Command, { readonly kind: Kind }>[] {
    return this.last.commands.filter(
      (command): command is Extract<Command, { readonly kind: Kind }> => command.kind === kind,
    );
  }

  /** Paths whose state changed to `to`, in order. */
  reached(to: string): readonly string[] {
    return this.events.filter((event) => event.to === to).map((event) => event.path);
  }
}
