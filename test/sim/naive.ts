import type { Json, JsonObject } from "#core/base/json.ts";
import type { EventData } from "#core/engine/event-data.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { NodeFailure } from "#core/model/run.ts";
import type {
  LoopDefinition,
  NodeDefinition,
  SubworkflowDefinition,
  WorkflowDefinition,
} from "#core/model/workflow.ts";
import { dutiesOf } from "./naive-duties.ts";
import { evaluate, Unevaluable, workflowOf } from "./naive-expression.ts";
import {
  around,
  createNaiveNode,
  isFinal,
  isFrozen,
  isHeld,
  isSequence,
  isStandby,
  type NaiveNode,
  principalsOf,
  type Settled,
  within,
  writtenIn,
} from "./naive-node.ts";
import {
  expectedAfter,
  isAllSkipped,
  judge,
  judgeLoop,
  resultOf,
  startFailure,
  toUndo,
  waitOf,
  whyNotStart,
  withOf,
} from "./naive-rules.ts";

/** A rule that a run broke. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`[${rule}] ${message}`);
    this.rule = rule;
  }
}

type Of<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/** Changes of state that are legal. Rule NODE-1, with running → skipped of a composite that finds all its nodes skipped. */
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  idle: ["running", "skipped", "cancelled"],
  running: ["suspended", "completed", "failed", "cancelled", "skipped"],
  suspended: ["running", "completed", "failed", "cancelled"],
  failed: ["idle"],
  completed: ["idle"],
  skipped: ["idle"],
  cancelled: ["idle"],
};

/**
 * A second, naive interpreter of a run: written from docs/spec, not from the engine. It believes the log as to what came from outside
 * (assignments, outcomes, timers, people) and checks that everything else in it was allowed when it happened, and that nothing that had
 * to happen is missing once a turn of the coordinator is over.
 */
export class NaiveRun {
  readonly run: string;
  readonly nodes = new Map<string, NaiveNode>();
  root: NaiveNode = createNaiveNode({
    path: "",
    parent: null,
    id: "",
    position: 0,
    kind: "workflow",
    definition: null,
  });
  seq = 0;
  /** Fences whose end was accepted. */
  readonly ended = new Set<string>();
  readonly assigned = new Set<string>();
  #definition: WorkflowDefinition | null = null;
  #fence = 0;
  #turn = 0;
  #time = 0;
  readonly #attempts = new Map<string, number>();
  #upcoming: readonly RunEvent[] = [];
  /** Nodes that fell in this turn: what is around them must have ended. */
  #fallen: NaiveNode[] = [];

  constructor(run: string) {
    this.run = run;
  }

  get isOver(): boolean {
    return isFinal(this.root.state);
  }

  get isPaused(): boolean {
    return this.root.hold !== null && !this.isOver;
  }

  /** Takes the events of one turn. Throws the first `Violation`. */
  take(events: readonly RunEvent[]): void {
    this.#turn += 1;
    this.#fallen = [];
    events.forEach((event, index) => {
      this.#upcoming = events.slice(index + 1, index + 3);
      try {
        this.#take(event);
      } catch (error) {
        if (error instanceof Violation) error.message += `\n  at event ${String(event.seq)}: ${event.message}`;
        throw error;
      }
    });
    this.#checkFallen();
    const duty = dutiesOf(this.root, this.#turn);
    if (duty !== null) throw new Violation(duty.rule, `after event ${String(this.seq)}: ${duty.message}`);
  }

  #take(event: RunEvent): void {
    if (event.seq !== this.seq + 1)
      throw new Violation("RUN-2", `event ${String(event.seq)} follows ${String(this.seq)}`);
    if (event.time < this.#time) throw new Violation("RUN-2", "time goes back");
    this.seq = event.seq;
    this.#time = event.time;
    const data = event.data as unknown as EventData;
    if (data.kind === "created") return this.#create(data);
    const node = this.#nodeOf(event, data);
    const before = node.state;
    this.#apply(node, event, data);
    if (node.path === "") return;
    const isChange = before !== node.state;
    if (isChange !== (event.type === "NodeStateChange"))
      throw new Violation("RUN-2", `${node.path} went from ${before} to ${node.state}, the event is a ${event.type}`);
    if (!isChange) return;
    if (event.from !== before || event.to !== node.state)
      throw new Violation(
        "RUN-2",
        `${node.path} went from ${before} to ${node.state}, told was ${String(event.from)} to ${String(event.to)}`,
      );
    if (!LEGAL[before]?.includes(node.state))
      throw new Violation("NODE-1", `${node.path} went from ${before} to ${node.state}`);
    if (event.reason === null || event.reason === "")
      throw new Violation("NODE-1", `${node.path} changed without a reason`);
  }

  #create({ definition, inputs }: Of<"created">): void {
    this.#definition = definition;
    this.nodes.set("", this.root);
    this.#open(this.root, "workflow", null, null);
    this.root.inputs = inputs;
    this.root.variables = { ...definition.variables };
  }

  #nodeOf(event: RunEvent, data: EventData): NaiveNode {
    const known = this.nodes.get(event.path);
    if (known !== undefined) return known;
    if (data.kind === "iterated") return this.#addGroup(this.#at(data.parent), data.iteration - 1, null);
    if (data.kind === "skipped" && data.apart !== null) {
      const parent = this.#at(data.apart.parent);
      const definition = this.#written(parent)[data.apart.position];
      if (definition !== undefined) return this.#addNode(parent, definition, data.apart.position, true);
    }
    throw new Violation("FILE-2", `there is no node ${event.path}`);
  }

  #at(path: string): NaiveNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Violation("FILE-2", `there is no node ${path}`);
    return node;
  }

  #written(node: NaiveNode): readonly NodeDefinition[] {
    return this.#definition === null ? [] : writtenIn(node, this.#definition);
  }

  #addNode(parent: NaiveNode, definition: NodeDefinition, position: number, isApart: boolean): NaiveNode {
    const path = parent.path === "" ? definition.id : `${parent.path}/${definition.id}`;
    return this.#add({ path, parent, id: definition.id, position, kind: definition.type, definition, isApart });
  }

  #addGroup(parent: NaiveNode, position: number, item: Json): NaiveNode {
    const number = parent.shape === "items" ? position : position + 1;
    const path = `${parent.path}[${String(number)}]`;
    return this.#add({ path, parent, id: path, position, kind: "group", definition: parent.definition, item });
  }

  #add(birth: Parameters<typeof createNaiveNode>[0]): NaiveNode {
    const node = createNaiveNode({ ...birth, attempt: this.#attempts.get(birth.path) ?? 0 });
    this.nodes.set(node.path, node);
    birth.parent?.children.push(node);
    birth.parent?.children.sort((a, b) => a.position - b.position);
    return node;
  }

  #drop(node: NaiveNode, from: number): void {
    for (const child of node.children.splice(from))
      for (const one of within(child)) {
        if (one.live !== null || one.queued !== null)
          throw new Violation(
            "RUN-5",
            `${one.path} starts over while an attempt of it is ${one.live === null ? "queued" : "on an agent"}`,
          );
        this.#attempts.set(one.path, one.attempt);
        this.nodes.delete(one.path);
      }
    if (from === 0) node.shape = null;
  }

  /** Gives a composite its children. */
  #open(
    node: NaiveNode,
    shape: NonNullable<NaiveNode["shape"]>,
    branch: "then" | "else" | null,
    items: readonly Json[] | null,
  ): void {
    node.shape = shape;
    if (items !== null) return items.forEach((item, index) => void this.#addGroup(node, index, item));
    if (shape === "iterations") return;
    this.#written(node).forEach((definition, position) => {
      if (branch !== null && node.definition?.type === "conditional") {
        const isThen = position < node.definition.then.length;
        if (isThen !== (branch === "then")) return;
      }
      this.#addNode(node, definition, position, false);
    });
  }

  #apply(node: NaiveNode, event: RunEvent, data: EventData): void {
    switch (data.kind) {
      case "started":
        return this.#started(node, event, data);
      case "iterated":
        return this.#iterated(node);
      case "queued":
        return this.#queued(node, event, data);
      case "assigned":
        return this.#assigned(node, data);
      case "suspended":
      case "resumed":
        return this.#suspended(node, data.kind === "suspended");
      case "lost":
        return this.#lost(node, data);
      case "completed":
        return this.#completed(node, data);
      case "failed":
        return this.#failed(node, event, data);
      case "skipped":
        return this.#skipped(node, data);
      case "cancelled":
        return this.#cancelled(node, data);
      case "again":
        return this.#again(node, event, data);
      case "reset":
        return this.#reset(node, data);
      case "resolved":
        return this.#resolved(node, data);
      case "held":
        return this.#held(node, event, data);
      case "released":
        return this.#released(node, event);
      case "undoing":
        return this.#undoing(node, data);
      case "undone":
        return this.#undone(node, data);
      case "undoing-stopped":
        node.undoing = null;
        return;
      case "abandoned":
        return this.#abandoned(node);
      case "collected":
      case "report":
      case "error":
        return this.#told(node, data);
      default:
        throw new Violation("RUN-2", `an event of the unknown kind ${data.kind}`);
    }
  }

  #told(node: NaiveNode, data: EventData): void {
    if (data.kind === "report" && node.live === null)
      throw new Violation("FLEET-5", `${node.path} reports without an attempt`);
    if (data.kind === "error") throw new Violation("FAULT-7", "there was an exception");
  }

  // Starting

  /** Whether the node was begun only to be ended, by hand or by the limit of all its attempts: then nothing of the rules for a start holds. */
  #endsAtOnce(node: NaiveNode): boolean {
    const next = this.#upcoming[0];
    const data = next?.data as EventData | undefined;
    if (next?.path !== node.path) return false;
    if (data?.kind === "completed") return data.by !== null;
    // A `set` that cannot be evaluated with what a person gives fails the node.
    return (
      data?.kind === "failed" && (data.by !== null || (data.failure.code === "timeout" && this.#isDue(node, next.time)))
    );
  }

  #checkStart(node: NaiveNode, time: number): void {
    if (isHeld(node)) throw new Violation("RUN-3", `${node.path} starts although it is paused`);
    const why = whyNotStart(node);
    if (why !== null) throw new Violation("NODE-3", `${node.path} starts, but ${why}`);
    this.#checkBackoff(node, time);
  }

  #checkBackoff(node: NaiveNode, time: number): void {
    const backoff = node.timers.get("backoff");
    if (backoff === undefined) return;
    if (!("at" in backoff) || backoff.at > time)
      throw new Violation(
        "FAULT-2",
        `${node.path} starts before its wait is over: ${JSON.stringify(backoff)} at ${String(time)}`,
      );
  }

  #begin(node: NaiveNode, isNewAttempt: boolean): void {
    node.state = "running";
    if (node.parent !== null) node.isActive = true;
    node.timers.delete("backoff");
    if (!isNewAttempt) return;
    node.attempt += 1;
    node.tries += 1;
  }

  #started(node: NaiveNode, event: RunEvent, { contents, timeoutAt, totalAt }: Of<"started">): void {
    if (node.path === "" || contents?.shape === "kept") {
      if (node.path !== "" && node.state !== "idle")
        throw new Violation("RUN-6", `${node.path} is restarted, but it is ${node.state}`);
      return this.#begin(node, false);
    }
    const isEnding = this.#endsAtOnce(node);
    const isApproval =
      node.definition?.type === "task" && node.definition.action.kind === "approve" && node.kind === "task";
    if (!isEnding) {
      this.#checkStart(node, event.time);
      const failure = startFailure(node);
      if (contents === null && !isApproval && failure === null)
        throw new Violation("FILE-5", `${node.path} could not begin, for no reason`);
      if (contents !== null && failure !== null) throw new Violation("FILE-5", `${node.path} begins, but ${failure}`);
    }
    const { timeoutMs = null, totalTimeoutMs = null } = node.kind === "group" ? {} : (node.definition?.fault ?? {});
    if (!isEnding && (contents !== null || isApproval)) {
      this.#setTimer(node, "timeout", timeoutAt, timeoutMs, event.time);
      this.#setTimer(node, "total", totalAt, node.timers.has("total") ? null : totalTimeoutMs, event.time);
    }
    this.#begin(node, true);
    if (contents === null) return;
    // A loop goes on at the iteration that failed.
    if (node.kind === "loop" && node.children.length > 0) return;
    if (node.children.some((child) => !child.isApart))
      throw new Violation("FAULT-1", `${node.path} starts with old children`);
    switch (contents.shape) {
      case "nodes":
        this.#checkBranch(node, contents.branch);
        return this.#open(node, "nodes", contents.branch, null);
      case "items":
        this.#check("NODE-5", node, "items", contents.items, this.#itemsOf(node));
        return this.#open(node, "items", null, contents.items);
      case "iterations":
        node.times = contents.times;
        this.#check("NODE-8", node, "times", contents.times, this.#timesOf(node));
        return this.#open(node, "iterations", null, null);
      case "workflow": {
        const { definition } = node.definition as SubworkflowDefinition;
        this.#check(
          "NODE-9",
          node,
          "inputs",
          contents.inputs,
          withOf(node) === undefined ? {} : { k: withOf(node) ?? null },
        );
        this.#open(node, "workflow", null, null);
        node.inputs = contents.inputs;
        node.variables = { ...definition.variables };
      }
    }
  }

  #check(rule: string, node: NaiveNode, what: string, found: unknown, expected: unknown): void {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) throw new Violation(rule, `${what} of ${node.path}: found ${a}, expected ${b}`);
  }

  #itemsOf({ definition, ...node }: NaiveNode): Json {
    const source = definition?.type === "parallel" ? definition.forEach?.source : undefined;
    return source === undefined ? null : evaluate(source, { ...node, definition });
  }

  #timesOf(node: NaiveNode): Json {
    const { repeat } = node.definition as LoopDefinition;
    if (repeat.kind !== "times") return null;
    return typeof repeat.times === "number" ? repeat.times : evaluate(repeat.times.source, node);
  }

  #checkBranch(node: NaiveNode, branch: "then" | "else" | null): void {
    if (node.kind !== "conditional" || node.definition?.type !== "conditional")
      return this.#check("NODE-7", node, "branch", branch, null);
    const expected = evaluate(node.definition.if.source, node) === true ? "then" : "else";
    this.#check("NODE-7", node, "branch", branch, expected);
    if (node.definition[expected].length === 0) throw new Violation("NODE-7", `${node.path} begins an empty branch`);
  }

  #setTimer(node: NaiveNode, kind: string, at: number | null, ms: number | null, now: number): void {
    this.#check("FAULT-1", node, `${kind} limit`, at, ms === null ? null : now + ms);
    if (at !== null) node.timers.set(kind, { at });
  }

  #iterated(group: NaiveNode): void {
    const loop = group.parent;
    if (loop === null || loop.state !== "running")
      throw new Violation("NODE-8", `${group.path} comes into being in no running loop`);
    if (isHeld(loop)) throw new Violation("RUN-3", `${group.path} starts although its loop is paused`);
    loop.children.pop();
    const verdict = judgeLoop(loop, -1);
    if (verdict !== "iterate") throw new Violation("NODE-8", `${group.path} begins, but ${verdict} was due`);
    loop.children.push(group);
    const why = whyNotStart(group);
    if (why !== null) throw new Violation("NODE-8", `${group.path} begins, but ${why}`);
    this.#begin(group, true);
    this.#open(group, "nodes", null, null);
  }

  #queued(node: NaiveNode, event: RunEvent, { plan, purpose, totalAt }: Of<"queued">): void {
    if (node.queued !== null || node.live !== null) throw new Violation("FLEET-5", `${node.path} is queued twice`);
    this.#check("FAULT-1", node, "attempt", plan.attempt, node.attempt + 1);
    if (purpose === "compensation") this.#checkCompensation(node);
    else {
      this.#checkStart(node, event.time);
      if (startFailure(node) !== null)
        throw new Violation("FILE-5", `${node.path} is queued, but it cannot be evaluated`);
      const total = node.definition?.fault.totalTimeoutMs ?? null;
      this.#setTimer(node, "total", totalAt, node.timers.has("total") ? null : total, event.time);
      node.isActive = true;
      node.timers.delete("backoff");
    }
    node.queued = purpose;
  }

  #checkCompensation(node: NaiveNode): void {
    const principal = [...around(node)].find((outer) => outer.undoing !== null);
    if (principal?.undoing == null) throw new Violation("FAULT-4", `${node.path} is undone for nobody`);
    // A task that is paused itself joins the queue and waits there.
    if (isHeld(principal)) throw new Violation("RUN-3", `${node.path} is undone although it is paused`);
    const next = principal.undoing.paths[principal.undoing.next];
    if (next !== node.path)
      throw new Violation("FAULT-4", `${node.path} is undone, but it is the turn of ${String(next)}`);
  }

  #assigned(node: NaiveNode, { agent, fence }: Of<"assigned">): void {
    const { queued } = node;
    if (queued === null) throw new Violation("FLEET-5", `${node.path} is assigned but not queued`);
    if (isHeld(node)) throw new Violation("RUN-3", `${node.path} is given to an agent although it is paused`);
    if (fence <= this.#fence) throw new Violation("FLEET-5", `fence ${String(fence)} of ${node.path} does not rise`);
    this.#fence = fence;
    this.assigned.add(`${node.path}#${String(fence)}`);
    const isAgain = node.state === "suspended";
    node.queued = null;
    node.live = { fence, agent, purpose: queued, isSuspended: false };
    if (queued === "compensation") {
      if (!this.#isReplacement(node)) node.attempt += 1;
      return;
    }
    node.state = "running";
    if (isAgain) return;
    node.attempt += 1;
    node.tries += 1;
  }

  /** A compensation that lost its agent keeps its number. */
  #isReplacement(node: NaiveNode): boolean {
    return this.#lostUndoings.delete(node.path);
  }

  readonly #lostUndoings = new Set<string>();

  #suspended(node: NaiveNode, isSuspended: boolean): void {
    if (node.live === null || node.live.isSuspended === isSuspended)
      throw new Violation("RUN-3", `${node.path} cannot become suspended ${String(isSuspended)}`);
    node.live.isSuspended = isSuspended;
    if (node.live.purpose === "task") node.state = isSuspended ? "suspended" : "running";
  }

  #lost(node: NaiveNode, { agent }: Of<"lost">): void {
    if (node.live?.agent !== agent)
      throw new Violation("FAULT-5", `${node.path} is not on ${agent} and cannot be lost there`);
    const limit = node.definition?.fault.lossLimit ?? 0;
    if (node.losses >= limit)
      throw new Violation("FAULT-5", `${node.path} is lost more often than ${String(limit)} times`);
    node.losses += 1;
    node.queued = node.live.purpose;
    if (node.live.purpose === "task") node.state = "suspended";
    else this.#lostUndoings.add(node.path);
    node.live = null;
  }

  // Ending

  #end(node: NaiveNode, state: Settled, settled: Settled | null, keepsHold: boolean): void {
    if (node.live?.purpose === "task") this.ended.add(`${node.path}#${String(node.live.fence)}`);
    node.live = null;
    node.queued = null;
    node.state = state;
    node.settled = settled;
    node.endedSeq = this.seq;
    if (settled !== null) node.isActive = false;
    if (!keepsHold) node.hold = null;
    const keptTimers =
      settled === null && state === "failed" && ["retry", "compensate"].includes(node.after) ? ["total"] : [];
    for (const kind of [...node.timers.keys()]) if (!keptTimers.includes(kind)) node.timers.delete(kind);
  }

  /** A task ends by itself only with an attempt: each attempt is accepted once. Rule FLEET-5. */
  #checkAccepted(node: NaiveNode, by: string | null, what: string): void {
    if (node.kind !== "task" || by !== null || node.definition?.type !== "task") return;
    if (node.live?.purpose !== "task")
      throw new Violation("FLEET-5", `${node.path} ${what} without an attempt of its own`);
  }

  #completed(node: NaiveNode, { value, by, set, outputs }: Of<"completed">): void {
    if (node.state !== "running" && node.state !== "suspended")
      throw new Violation("NODE-1", `${node.path} is completed, but it was ${node.state}`);
    if (node.kind === "task") {
      this.#checkAccepted(node, by, "is completed");
      this.#set(node, value?.result ?? null, set);
      node.result = value?.result ?? null;
    } else if (by !== null) node.result = value?.result ?? null;
    else {
      this.#checkNoHeldEnd(node);
      this.#checkVerdict(node, "complete");
      const isWorkflow = node.kind === "workflow" || node.kind === "subworkflow";
      if (isWorkflow) this.#check("NODE-9", node, "outputs", outputs, { n: node.variables["n"] ?? null });
      node.result = isWorkflow ? outputs : resultOf(node);
    }
    node.after = "none";
    this.#end(node, "completed", "completed", by === null && node.parent !== null);
    if (by !== null && node.kind !== "task" && node.children.some((child) => !isFinal(child.state)))
      throw new Violation("RUN-7", `${node.path} is completed by hand, and nodes in it go on`);
  }

  /** `set` writes variables in the order of the log. Rule FILE-9. */
  #set(node: NaiveNode, result: Json, set: JsonObject): void {
    const expected: Record<string, Json> = {};
    const sources = node.definition?.type === "task" ? node.definition.set : {};
    for (const [name, { source }] of Object.entries(sources)) {
      try {
        expected[name] = evaluate(source, node, { result });
      } catch (error) {
        if (error instanceof Unevaluable)
          throw new Violation("FILE-9", `${node.path} is completed, but its "set" cannot be evaluated`);
        throw error;
      }
    }
    this.#check("FILE-9", node, "set", set, expected);
    Object.assign(workflowOf(node).variables, set);
  }

  #checkNoHeldEnd(node: NaiveNode): void {
    if (isHeld(node)) throw new Violation("RUN-3", `${node.path} goes on although it is paused`);
    if (node.undoing !== null) throw new Violation("FAULT-4", `${node.path} ends while it is being undone`);
  }

  #checkVerdict(node: NaiveNode, expected: string): void {
    const verdict = node.kind === "loop" ? judgeLoop(node, this.#turn) : judge(node, this.#turn);
    if (verdict !== expected)
      throw new Violation(
        node.kind === "loop" ? "NODE-8" : "NODE-6",
        `${node.path} should ${expected}, but ${verdict} was due`,
      );
  }

  #failed(node: NaiveNode, event: RunEvent, { failure, after, by }: Of<"failed">): void {
    if (node.state !== "running" && node.state !== "suspended")
      throw new Violation("NODE-1", `${node.path} failed, but it was ${node.state}`);
    this.#checkFailure(node, event, failure, by);
    const expected = node.path === "" ? ["none"] : expectedAfter(node, failure);
    if (!expected.includes(after))
      throw new Violation(
        "FAULT-3",
        `${node.path} failed (${failure.code}) and goes on to "${after}", expected ${expected.join(" or ")}`,
      );
    node.after = after;
    node.failure = failure;
    node.undoing = null;
    this.#end(node, "failed", after === "none" ? "failed" : null, by === null && node.parent !== null);
  }

  #checkFailure(node: NaiveNode, event: RunEvent, failure: NodeFailure, by: string | null): void {
    if (by !== null) {
      if (failure.code !== "denied" && failure.code !== "expression")
        throw new Violation("RUN-7", `${node.path} is failed by a person with ${failure.code}`);
      return;
    }
    if (node.undoing !== null) {
      const { paths, next, trouble } = node.undoing;
      if (!trouble && next < paths.length) throw new Violation("FAULT-4", `${node.path} fails before all is undone`);
      return;
    }
    if (failure.code === "timeout" && this.#isDue(node, event.time)) return;
    if (node.kind === "task") {
      if (failure.code === "expression") return this.#checkUnevaluable(node);
      return this.#checkAccepted(node, by, "failed");
    }
    this.#checkNoHeldEnd(node);
    if (failure.code === "expression" || failure.code === "input") {
      if (node.kind === "loop" && judgeLoop(node, this.#turn) === "expression") return;
      if (startFailure(node) === failure.code) return;
      throw new Violation("FILE-5", `${node.path} failed with ${failure.code}, but it can be evaluated`);
    }
    if (node.kind === "loop") return this.#checkVerdict(node, failure.code);
    if (failure.code !== "join" && failure.code !== "child-failed")
      throw new Violation("NODE-6", `${node.path} failed with ${failure.code}`);
    this.#checkVerdict(node, "fail");
  }

  #isDue(node: NaiveNode, time: number): boolean {
    return ["timeout", "total"].some((kind) => {
      const timer = node.timers.get(kind);
      return timer !== undefined && "at" in timer && timer.at <= time;
    });
  }

  #checkUnevaluable(node: NaiveNode): void {
    if (startFailure(node) !== null) return;
    const sources = node.definition?.type === "task" ? Object.values(node.definition.set) : [];
    // Its result is not in the log then: what could not be evaluated with some result is believed.
    if (sources.some(({ source }) => source.startsWith("result."))) return;
    throw new Violation("FILE-5", `${node.path} failed with "expression", but it can be evaluated`);
  }

  #skipped(node: NaiveNode, { cause, by, apart }: Of<"skipped">): void {
    this.#checkSkip(node, cause, by, apart !== null);
    node.cause = cause;
    node.after = "none";
    node.result = null;
    this.#end(node, "skipped", "skipped", false);
  }

  #checkSkip(node: NaiveNode, cause: string, by: string | null, isApart: boolean): void {
    switch (cause) {
      case "person":
        if (by === null) throw new Violation("RUN-7", `${node.path} is skipped by nobody`);
        return;
      case "standby":
        if (!isStandby(node) || node.isActive)
          throw new Violation("FAULT-3", `${node.path} is skipped as a standby that is not needed`);
        return;
      default:
    }
    if (isApart) {
      if (!node.isApart || node.parent?.state !== "running")
        throw new Violation("NODE-7", `${node.path} is no branch that was not taken`);
      return;
    }
    if (node.state === "running") {
      this.#checkNoHeldEnd(node);
      this.#checkVerdict(node, "skip");
      const isByCondition = node.children
        .filter((child) => !child.isApart && !isStandby(child))
        .every((child) => child.cause === "condition");
      return this.#check("NODE-3", node, "cause", cause, isByCondition ? "condition" : "fault");
    }
    if (isHeld(node)) throw new Violation("RUN-3", `${node.path} is skipped although it is paused`);
    if (cause === "fault") {
      if (node.after !== "skip") throw new Violation("FAULT-3", `${node.path} is skipped, though no policy says so`);
      return;
    }
    if (isAllSkipped(node)) return;
    const { definition } = node;
    if (definition?.type === "conditional") {
      const branch = evaluate(definition.if.source, node) === true ? "then" : "else";
      if (definition[branch].length === 0) return;
    }
    throw new Violation("NODE-3", `${node.path} is skipped by a condition, but by none that was seen`);
  }

  #cancelled(node: NaiveNode, { by, fell }: Of<"cancelled">): void {
    if (isFinal(node.state)) throw new Violation("NODE-1", `${node.path} is cancelled, but it was ${node.state}`);
    if (by === null) this.#fallen.push(node);
    node.fellInTurn = fell ? this.#turn : 0;
    node.fellAlone = !fell && by === null;
    node.after = "none";
    node.undoing = null;
    this.#end(node, "cancelled", "cancelled", false);
  }

  /** What fell did so with something around it, or because it can never start. */
  #checkFallen(): void {
    for (const node of this.#fallen) {
      if (node.state !== "cancelled" || this.nodes.get(node.path) !== node) continue;
      const outer = [...around(node)].slice(1);
      if (outer.some((one) => isFinal(one.state) || one.undoing !== null || one.state === "idle")) continue;
      const named = node.parent === null || isSequence(node.parent) ? [] : [...this.#waitedFor(node)];
      if (node.fellAlone && named.some(({ settled }) => settled === "failed" || settled === "cancelled")) continue;
      throw new Violation("RUN-5", `${node.path} was cancelled, though nothing around it ended`);
    }
  }

  #waitedFor(node: NaiveNode): readonly NaiveNode[] {
    const others = (node.parent?.children ?? []).filter((other) => node.definition?.dependsOn.includes(other.id));
    return others.flatMap((other) => [other, ...principalsOf(other)]);
  }

  // Trying again

  #again(node: NaiveNode, event: RunEvent, { backoffAt, kept, undone }: Of<"again">): void {
    if (isHeld(node)) throw new Violation("RUN-3", `${node.path} tries again although it is paused`);
    if (node.state !== "failed") throw new Violation("NODE-1", `${node.path} tries again, but it is ${node.state}`);
    const next = this.#upcoming[0];
    const isSkipping = next?.path === node.path && next.data["kind"] === "skipped" && next.data["cause"] === "fault";
    const expected = undone ? "compensate" : isSkipping ? "skip" : "retry";
    if (node.after !== expected)
      throw new Violation("FAULT-3", `${node.path} tries again (${expected}), its policy says "${node.after}"`);
    if (undone && node.undoing !== null && (node.undoing.trouble || node.undoing.next < node.undoing.paths.length))
      throw new Violation("FAULT-4", `${node.path} tries again before all is undone`);
    if (node.after !== "skip") {
      const [least, most] = waitOf(node);
      const ms = backoffAt === null ? 0 : backoffAt - event.time;
      if (ms < least || ms > most)
        throw new Violation(
          "FAULT-2",
          `${node.path} waits ${String(ms)} ms, expected ${String(least)} to ${String(most)}`,
        );
    }
    const last = node.children.at(-1)?.settled;
    const isIteration = node.kind === "loop" && expected === "retry" && (last === "failed" || last === "cancelled");
    this.#check("NODE-8", node, "kept iterations", kept, isIteration ? node.children.length - 1 : 0);
    this.#drop(node, kept);
    if (undone) node.undone += 1;
    if (node.after !== "skip") node.after = "none";
    node.state = "idle";
    node.settled = null;
    node.undoing = null;
    node.isUndone = false;
    node.result = null;
    if (backoffAt !== null) node.timers.set("backoff", { at: backoffAt });
  }

  #reset(node: NaiveNode, { by, keeps, kept }: Of<"reset">): void {
    if (!isFinal(node.state)) throw new Violation("RUN-6", `${node.path} is sent back, but it is ${node.state}`);
    if (by === "") throw new Violation("RUN-7", `${node.path} is sent back by nobody`);
    if (!keeps) this.#drop(node, 0);
    else if (kept !== null) this.#drop(node, kept);
    const {
      attempt,
      path,
      parent,
      id,
      position,
      kind,
      definition,
      item,
      isApart,
      children,
      shape,
      times,
      inputs,
      variables,
    } = node;
    const fresh = createNaiveNode({ path, parent, id, position, kind, definition, item, isApart, attempt });
    Object.assign(node, fresh, { wasSentBack: true, children, shape, times, inputs, variables });
    if (parent === null) node.state = "running";
  }

  #resolved(node: NaiveNode, { alternative, isResolved }: Of<"resolved">): void {
    const other = this.#at(alternative);
    if (node.state !== "failed" || node.after !== "alternative")
      throw new Violation("FAULT-3", `${node.path} needs no alternative`);
    if (other.settled === null) throw new Violation("FAULT-3", `${alternative} has not ended`);
    this.#check(
      "FAULT-3",
      node,
      "resolution",
      isResolved,
      other.settled === "completed" || other.settled === "skipped",
    );
    node.after = "none";
    node.settled = isResolved ? "completed" : "failed";
    node.isActive = false;
    if (isResolved) node.result = other.result;
  }

  // Undoing

  #undoing(node: NaiveNode, { paths }: Of<"undoing">): void {
    this.#check("FAULT-4", node, "what is to be undone", paths, toUndo(node));
    node.undoing = { paths, next: 0, trouble: false };
  }

  #undone(node: NaiveNode, { principal, failure }: Of<"undone">): void {
    const undoing = this.#at(principal).undoing;
    if (undoing === null || undoing.paths[undoing.next] !== node.path)
      throw new Violation("FAULT-4", `${node.path} is undone out of turn`);
    undoing.next += 1;
    undoing.trouble = failure !== null;
    if (node.live !== null) this.ended.add(`${node.path}#${String(node.live.fence)}`);
    node.live = null;
    node.queued = null;
    this.#lostUndoings.delete(node.path);
    if (failure === null) node.isUndone = true;
  }

  #abandoned(node: NaiveNode): void {
    if (node.state !== "failed" || node.undoing === null)
      throw new Violation("FAULT-4", `${node.path} is not being undone`);
    node.after = "none";
    node.undoing = null;
    node.settled = "failed";
    node.isActive = false;
  }

  // Pausing

  #held(node: NaiveNode, event: RunEvent, { mode }: Of<"held">): void {
    if (isFinal(node.state)) throw new Violation("RUN-3", `${node.path} is paused, but it is ${node.state}`);
    node.hold = mode;
    for (const one of within(node))
      for (const [kind, timer] of one.timers)
        if ("at" in timer) one.timers.set(kind, { left: Math.max(0, timer.at - event.time) });
  }

  #released(node: NaiveNode, event: RunEvent): void {
    if (node.hold === null) throw new Violation("RUN-4", `${node.path} is resumed, but it is not paused`);
    node.hold = null;
    for (const one of within(node))
      for (const [kind, timer] of one.timers)
        if ("left" in timer && !isHeld(one)) one.timers.set(kind, { at: event.time + timer.left });
  }

  /** Attempts that agents hold, and whether they should stand still. */
  live(): readonly {
    readonly path: string;
    readonly agent: string;
    readonly fence: number;
    readonly isFrozen: boolean;
    readonly isSuspended: boolean;
  }[] {
    return [...this.nodes.values()].flatMap((node) =>
      node.live === null
        ? []
        : [
            {
              path: node.path,
              agent: node.live.agent,
              fence: node.live.fence,
              isFrozen: isFrozen(node),
              isSuspended: node.live.isSuspended,
            },
          ],
    );
  }
}
