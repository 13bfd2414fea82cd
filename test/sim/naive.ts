import type { EventData } from "#core/engine/event-data.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import { dutiesOf } from "./naive-duties.ts";
import { createNaiveNode, isFinal, isFrozen, type NaiveNode, within } from "./naive-node.ts";
import {
  takeAbandoned,
  takeAgain,
  takeHeld,
  takeReleased,
  takeReset,
  takeResolved,
  takeStepped,
  takeUndoing,
  takeUndone,
} from "./naive-again.ts";
import {
  Violation,
  addGroup,
  addNode,
  nodeAt,
  openNode,
  type Course,
  type Told,
  writtenInside,
} from "./naive-course.ts";
import { checkFallen, takeCancelled, takeCompleted, takeFailed, takeSkipped } from "./naive-ends.ts";
import { takeAssigned, takeIterated, takeLost, takeQueued, takeStarted, takeSuspended } from "./naive-starts.ts";

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
 */ export class NaiveRun implements Course {
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
  readonly successes = new Set<string>();
  definition: WorkflowDefinition | null = null;
  fence = 0;
  turn = 0;
  readonly attempts = new Map<string, number>();
  upcoming: readonly RunEvent[] = [];
  fallen: NaiveNode[] = [];
  readonly lostUndoings = new Set<string>();

  #time = 0;

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
    this.turn += 1;
    this.fallen = [];
    events.forEach((event, index) => {
      this.upcoming = events.slice(index + 1, index + 3);
      try {
        this.#take(event);
      } catch (error) {
        if (error instanceof Violation) error.message += `\n  at event ${String(event.seq)}: ${event.message}`;
        throw error;
      }
    });
    checkFallen(this);
    const duty = dutiesOf(this.root, this.turn);
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

  #create({ definition, inputs }: Told<"created">): void {
    this.definition = definition;
    this.nodes.set("", this.root);
    openNode(this, this.root, "workflow", null, null);
    this.root.inputs = inputs;
    this.root.variables = { ...definition.variables };
  }

  #nodeOf(event: RunEvent, data: EventData): NaiveNode {
    const known = this.nodes.get(event.path);
    if (known !== undefined) return known;
    if (data.kind === "iterated") return addGroup(this, nodeAt(this, data.parent), data.iteration - 1, null);
    if (data.kind === "skipped" && data.apart !== null) {
      const parent = nodeAt(this, data.apart.parent);
      const definition = writtenInside(this, parent)[data.apart.position];
      if (definition !== undefined) return addNode(this, parent, definition, data.apart.position, true);
    }
    throw new Violation("FILE-2", `there is no node ${event.path}`);
  }

  #apply(node: NaiveNode, event: RunEvent, data: EventData): void {
    switch (data.kind) {
      case "started":
        return takeStarted(this, node, event, data);
      case "iterated":
        return takeIterated(this, node);
      case "queued":
        return takeQueued(node, event, data);
      case "assigned":
        return takeAssigned(this, node, data);
      case "suspended":
      case "resumed":
        return takeSuspended(node, data.kind === "suspended");
      case "lost":
        return takeLost(this, node, data);
      case "completed":
        return takeCompleted(this, node, data);
      case "failed":
        return takeFailed(this, node, event, data);
      case "skipped":
        return takeSkipped(this, node, data);
      case "cancelled":
        return takeCancelled(this, node, data);
      case "again":
        return takeAgain(this, node, event, data);
      case "reset":
        return takeReset(this, node, data);
      case "resolved":
        return takeResolved(this, node, data);
      case "held":
        return takeHeld(node, event, data);
      case "released":
        return takeReleased(node, event);
      case "undoing":
        return takeUndoing(node, data);
      case "undone":
        return takeUndone(this, node, data);
      case "undoing-stopped":
        node.undoing = null;
        return;
      case "abandoned":
        return takeAbandoned(node);
      case "stepped":
        if (data.ms <= 0) throw new Violation("RUN-2", "the clock steps back");
        for (const one of within(this.root)) takeStepped(one, data.ms);
        return;
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
