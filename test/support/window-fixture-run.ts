import type { NodeInfo } from "#core/model/agent.ts";
import type { OrderedNode } from "#core/ipc/topics.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId } from "#core/model/id.ts";
import type { NodeState, PauseMode, RunHead, WorkflowState } from "#core/model/run.ts";
import { NODE_STATES } from "#core/model/run.ts";
import { parentPath } from "#core/view/view-node.ts";
import type { Plan, PlanNode } from "./window-fixture-data.ts";

interface Entry {
  node: OrderedNode;
  readonly plan: PlanNode;
  leftMs: number;
}

const FINAL: readonly NodeState[] = ["completed", "failed", "skipped", "cancelled"];

/** A run that goes by itself: enough of the product's manners to look at a window with. */
export class FixtureRun {
  readonly id: RunId;
  readonly plan: Plan;
  readonly entries = new Map<NodePath, Entry>();
  readonly changed = new Set<NodePath>();
  readonly #children = new Map<NodePath, NodePath[]>();
  head: RunHead;

  constructor(id: RunId, plan: Plan, now: number) {
    this.id = id;
    this.plan = plan;
    this.#add(plan.nodes, "" as NodePath, [], 1, now);
    this.head = {
      run: id,
      workflow: plan.name,
      state: "running",
      pauseMode: null,
      reason: null,
      seq: 1,
      createdAt: now as EpochMs,
      startedAt: now as EpochMs,
      endedAt: null,
      pausedMs: 0 as Millis,
      pausedSince: null,
      variables: {},
      inputs: {},
      outputs: null,
      error: null,
      outFolder: `/home/ada/collected/${id}`,
      collection: null,
      frozen: 0,
      inFlight: 0,
      counts: this.#count(),
    };
  }

  nodes(): readonly OrderedNode[] {
    return [...this.entries.values()].map((entry) => entry.node);
  }

  /** Lets `stepMs` pass: starts what is ready on free slots, ends what is done. */
  step(now: number, stepMs: number, agents: readonly NodeInfo[], running: Map<AgentId, number>): void {
    if (FINAL.some((state) => state === this.head.state)) return;
    for (const entry of this.entries.values()) {
      const { node } = entry;
      if (node.type !== "task") this.#stepContainer(entry, now);
      else if (node.state === "running" && node.action !== "approve") this.#work(entry, now, stepMs);
      else if (node.state === "idle" && this.head.state === "running" && this.#isReady(node))
        this.#start(entry, now, agents, running);
    }
    const top = this.#childrenOf("" as NodePath);
    if (top.every((node) => FINAL.includes(node.state))) {
      this.#setState(top.some((node) => node.state === "failed") ? "failed" : "completed", now);
    }
    this.#refresh();
  }

  pause(mode: PauseMode, now: number): void {
    this.head = { ...this.head, state: "paused", pauseMode: mode, pausedSince: now as EpochMs };
    if (mode === "freeze")
      this.#each("running", (node) => node.agent !== null && this.update(node.path, { state: "suspended" }));
    this.#refresh();
  }

  resume(now: number): void {
    this.#endPause(now);
    this.head = { ...this.head, state: "running" };
    this.#each("suspended", (node) => this.update(node.path, { state: "running" }));
    this.#refresh();
  }

  cancel(now: number): void {
    for (const node of this.nodes()) {
      if (!FINAL.includes(node.state))
        this.update(node.path, { state: "cancelled", endedAt: now as EpochMs, phase: null });
    }
    this.#setState("cancelled", now);
    this.#refresh();
  }

  update(path: NodePath, change: Partial<OrderedNode>): void {
    const entry = this.entries.get(path);
    if (entry === undefined) return;
    entry.node = { ...entry.node, ...change };
    this.changed.add(path);
  }

  end(path: NodePath, state: NodeState, now: number): void {
    const node = this.entries.get(path)?.node;
    if (node === undefined) return;
    const started = node.startedAt ?? now;
    const execution = Math.max(1, now - started) as Millis;
    const wait = Math.max(0, started - this.head.createdAt) as Millis;
    this.update(path, {
      state,
      phase: null,
      endedAt: now as EpochMs,
      startedAt: state === "skipped" ? null : (started as EpochMs),
      progress: null,
      timing: { wait, execution, total: (wait + execution) as Millis },
      result: state === "completed" ? { path, exitCode: 0 } : null,
      error: state === "failed" ? { code: "exit", message: "The process ended with exit code 2." } : null,
      reason: state === "failed" ? "exit code 2" : state === "skipped" ? "the condition chose the other branch" : null,
    });
  }

  #add(plans: readonly PlanNode[], parent: NodePath, order: readonly number[], level: number, now: number): void {
    for (const [index, plan] of plans.entries()) {
      // An item or an iteration bears its container's name and hangs on it directly.
      const path = (
        parent === ""
          ? plan.id
          : plan.type === "group"
            ? parent + plan.id.slice(plan.id.indexOf("["))
            : `${parent}/${plan.id}`
      ) as NodePath;
      const after = (plan.after ?? []).map((id) => (parent === "" ? id : `${parent}/${id}`) as NodePath);
      const node: OrderedNode = {
        path,
        type: plan.type,
        label: plan.label ?? "",
        level,
        state: "idle",
        phase: "blocked",
        reason: null,
        attempt: 0,
        agent: null,
        progress: null,
        result: null,
        files: [],
        error: null,
        startedAt: null,
        endedAt: null,
        pausedBefore: 0 as Millis,
        timing: { wait: 0 as Millis, execution: 0 as Millis, total: 0 as Millis },
        dependsOn: after,
        action: plan.action ?? null,
        order: [...order, index],
      };
      this.entries.set(path, { node, plan, leftMs: plan.workMs ?? 0 });
      this.#children.set(parent, [...(this.#children.get(parent) ?? []), path]);
      this.#add(plan.nodes ?? [], path, node.order, level + 1, now);
    }
  }

  #isReady(node: OrderedNode): boolean {
    for (let at = node; ;) {
      const isFree = at.dependsOn.every((path) => FINAL.includes(this.#state(path)) && this.#state(path) !== "failed");
      if (!isFree || this.#waitsForSibling(at)) return false;
      const parent = this.entries.get(parentPath(at.path));
      if (parent === undefined) return true;
      at = parent.node;
    }
  }

  #waitsForSibling(node: OrderedNode): boolean {
    const parent = this.entries.get(parentPath(node.path));
    if (parent === undefined || (parent.node.type !== "pipeline" && parent.node.type !== "loop")) return false;
    const position = node.order.at(-1) ?? 0;
    return this.#childrenOf(parent.node.path)
      .slice(0, position)
      .some((one) => !FINAL.includes(one.state));
  }

  #childrenOf(path: NodePath): readonly OrderedNode[] {
    return (this.#children.get(path) ?? []).flatMap((child) => this.entries.get(child)?.node ?? []);
  }

  #start(entry: Entry, now: number, agents: readonly NodeInfo[], running: Map<AgentId, number>): void {
    const { path } = entry.node;
    if (entry.plan.ends === "skipped") {
      this.end(path, "skipped", now);
      return;
    }
    if (entry.plan.action === "approve") {
      this.update(path, {
        state: "running",
        phase: null,
        attempt: 1,
        startedAt: now as EpochMs,
        pausedBefore: this.head.pausedMs,
        reason: "Is the canary healthy? Go on with the other machines?",
      });
      return;
    }
    const free = agents
      .filter((agent) => agent.paired && !agent.draining && agent.status !== "offline")
      .filter((agent) => (running.get(agent.id) ?? 0) < (agent.capabilities?.slots ?? 0))
      .sort(
        (left, right) =>
          (running.get(left.id) ?? 0) / (left.capabilities?.slots ?? 1) -
          (running.get(right.id) ?? 0) / (right.capabilities?.slots ?? 1),
      )[0];
    if (free === undefined) {
      if (entry.node.phase !== "queued") this.update(path, { phase: "queued", reason: "every slot is taken" });
      return;
    }
    running.set(free.id, (running.get(free.id) ?? 0) + 1);
    this.update(path, {
      state: "running",
      phase: null,
      reason: null,
      attempt: 1,
      agent: free.id,
      progress: 0,
      startedAt: now as EpochMs,
      pausedBefore: this.head.pausedMs,
    });
  }

  #work(entry: Entry, now: number, stepMs: number): void {
    entry.leftMs -= stepMs;
    const total = entry.plan.workMs ?? 1;
    if (entry.leftMs <= 0) this.end(entry.node.path, entry.plan.ends ?? "completed", now);
    else this.update(entry.node.path, { progress: Math.min(1, 1 - entry.leftMs / total) });
  }

  #stepContainer(entry: Entry, now: number): void {
    const { node } = entry;
    if (FINAL.includes(node.state)) return;
    const children = this.#childrenOf(node.path);
    const isDone = children.every((one) => FINAL.includes(one.state));
    if (isDone) this.end(node.path, children.some((one) => one.state === "failed") ? "failed" : "completed", now);
    else if (node.state === "idle" && children.some((one) => one.state !== "idle")) {
      const { pausedMs: pausedBefore } = this.head;
      this.update(node.path, { state: "running", phase: null, attempt: 1, startedAt: now as EpochMs, pausedBefore });
    }
  }

  #state(path: NodePath): NodeState {
    return this.entries.get(path)?.node.state ?? "completed";
  }

  #each(state: NodeState, change: (node: OrderedNode) => void): void {
    for (const node of this.nodes()) if (node.state === state) change(node);
  }

  #setState(state: WorkflowState, now: number): void {
    this.#endPause(now);
    this.head = { ...this.head, state, endedAt: now as EpochMs };
  }

  #endPause(now: number): void {
    const { pausedMs, pausedSince } = this.head;
    const total = pausedMs + (pausedSince === null ? 0 : now - pausedSince);
    this.head = { ...this.head, pauseMode: null, pausedSince: null, pausedMs: total as Millis };
  }

  #refresh(): void {
    const counts = this.#count();
    const inFlight = this.head.state === "paused" ? counts.running : 0;
    this.head = { ...this.head, counts, inFlight, frozen: counts.suspended, seq: this.head.seq + this.changed.size };
  }

  #count(): Record<NodeState, number> {
    const counts = Object.fromEntries(NODE_STATES.map((state) => [state, 0])) as Record<NodeState, number>;
    for (const { node } of this.entries.values()) if (node.type === "task") counts[node.state] += 1;
    return counts;
  }
}
