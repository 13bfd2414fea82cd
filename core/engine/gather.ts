import type { JsonObject } from "../base/json.ts";
import { mapGet, mapValues } from "../base/persistent-map.ts";
import type { RunEvent } from "../model/event.ts";
import type { NodePath } from "../model/id.ts";
import type { FileRef } from "../model/run.ts";
import type { WorkflowDefinition } from "../model/workflow.ts";
import type { AttemptPlan } from "../nodes/attempt-plan.ts";
import { toEventData, type EventData } from "./event-data.ts";
import type { Kept } from "./fork.ts";
import { placeOf, type KeptEnd, type KeptOutcome, type KeptResult, type OwnFiles } from "./kept.ts";
import { contextOf, endDigest, itemMark, placesIn, recipeByHand, recipeOfApproval, recipeOfPlan } from "./recipe.ts";
import { findNode, nodeAt } from "./records.ts";
import { Restarts } from "./restarts.ts";
import type { NodeRecord, RunState } from "./state.ts";

type Of<Kind extends EventData["kind"]> = Extract<EventData, { readonly kind: Kind }>;

/** What an attempt under way is. */
interface Begun {
  readonly recipe: string;
  readonly asks: Pick<OwnFiles, "globs" | "module">;
  readonly own: OwnFiles | null;
}

type Gathered = Omit<KeptResult, "loose">;

/**
 * Reads the events of a run, first to last, and knows then what a fork of it can keep: what its tasks came to, and of what recipes.
 * Rule SNAP-5.
 */
export class Gatherer {
  readonly #begun = new Map<NodePath, Begun>();
  readonly #results = new Map<NodePath, Gathered>();
  /** Of lists that began, also where a composite that was skipped in the end has nothing in it any more. */
  readonly #items = new Map<NodePath, readonly string[]>();
  readonly #restarts = new Restarts();

  /** `before` is the state before the event. */
  take(before: RunState, event: RunEvent): void {
    const { path, seq } = event;
    const data = toEventData(event);
    switch (data.kind) {
      case "queued":
        if (data.purpose === "task") this.#begun.set(path, ofPlan(data.plan));
        return;
      case "provided":
        return this.#provide(path, data.files);
      case "started":
        return this.#start(before, path, data);
      case "completed":
        return this.#complete(before, event, data);
      case "failed":
        return this.#fail(before, event, data);
      case "skipped":
        this.#restarts.skipped(path, data.cause);
        if (data.cause === "person") this.#byHand(nodeAt(before, path), seq, { ...SKIPPED, by: data.by ?? "" });
        else if (data.cause !== "fault") this.#results.delete(path);
        return;
      case "cancelled":
      case "undone":
        this.#results.delete(path);
        return;
      case "again":
        return this.#restarts.again(path, seq, data.kept);
      case "reset":
        return this.#restarts.reset(path, seq, data.keeps ? data.kept : 0);
      default:
        return;
    }
  }

  #start(before: RunState, path: NodePath, { contents, kept }: Of<"started">): void {
    if (contents?.shape === "items") this.#items.set(path, contents.items.map(itemMark));
    const record = findNode(before, path);
    const earlier = kept === undefined || before.kept === null ? undefined : mapGet(before.kept.results, kept.path);
    const recipe = record === undefined || contents !== null ? null : recipeOfApproval(before, record);
    if (earlier !== undefined)
      this.#begun.set(path, { recipe: earlier.recipe, asks: earlier.own ?? NO_FILES, own: earlier.own });
    else if (recipe !== null) this.#begun.set(path, { recipe, asks: NO_FILES, own: null });
    else this.#begun.delete(path);
  }

  #provide(path: NodePath, files: readonly FileRef[]): void {
    const begun = this.#begun.get(path);
    if (begun !== undefined) this.#begun.set(path, { ...begun, own: { ...begun.asks, files } });
  }

  #complete(before: RunState, event: RunEvent, { value, set, by }: Of<"completed">): void {
    const { path, seq } = event;
    const record = nodeAt(before, path);
    const begun = this.#begun.get(path);
    const isTask = record.type === "task";
    if (value === null) this.#results.delete(path);
    else if (by !== null && (!isTask || !isApproval(record)))
      this.#byHand(record, seq, { kind: "by-hand", state: "completed", result: value.result, by });
    else if (begun === undefined || !isTask || isUnproven(begun)) this.#results.delete(path);
    else {
      const outcome: KeptOutcome = {
        kind: "completed",
        result: value.result,
        files: value.files,
        written: writtenByItself(record, set),
        agent: record.agent,
      };
      this.#results.set(path, { path, recipe: begun.recipe, order: seq, outcome, own: begun.own });
    }
  }

  #fail(before: RunState, { path, seq }: RunEvent, { failure }: Of<"failed">): void {
    const record = nodeAt(before, path);
    const begun = this.#begun.get(path);
    this.#results.delete(path);
    if (record.type !== "task" || begun === undefined || isUnproven(begun)) return;
    const outcome = { kind: "failed", failure, context: contextOf(before, record) } as const;
    this.#results.set(path, { path, recipe: begun.recipe, order: seq, outcome, own: begun.own });
  }

  #byHand(record: NodeRecord, order: number, outcome: KeptOutcome): void {
    const { path } = record;
    this.#results.set(path, { path, recipe: recipeByHand(record), order, outcome, own: null });
  }

  /** What a fork with this definition can keep of the state after the last event. */
  end(state: RunState, definition: WorkflowDefinition): Kept {
    const places = placesIn(definition);
    const undone = toBeUndone(state);
    const results = [...this.#results.values()]
      .filter((one) => this.#restarts.standsSince(one.path, one.order))
      .filter(({ path, outcome }) => !undone.has(path) && (outcome.kind !== "failed" || wentOn(state, path)))
      .map((one) => ({ ...one, loose: one.outcome.kind !== "by-hand" && !places.has(placeOf(one.path)) }));
    return { results, ends: endsOf(state, this.#items) };
  }
}

const SKIPPED = { kind: "by-hand", state: "skipped", result: null } as const;
const NO_FILES: Begun["asks"] = { globs: [], module: null };

function ofPlan(plan: AttemptPlan): Begun {
  const { action, globs } = plan;
  const asks = { globs, module: action.kind === "script" ? action.module : null };
  return { recipe: recipeOfPlan(plan), asks, own: null };
}

/** It was given files of the workflow's folder, and nobody wrote down which. */
function isUnproven({ asks, own }: Begun): boolean {
  return own === null && (asks.globs.length > 0 || asks.module !== null);
}

function isApproval({ definition }: NodeRecord): boolean {
  return definition?.type === "task" && definition.action.kind === "approve";
}

/** The variables of a completed task that its `set` does not name. */
function writtenByItself({ definition }: NodeRecord, set: JsonObject): JsonObject {
  if (definition?.type !== "task") return {};
  return Object.fromEntries(Object.entries(set).filter(([name]) => !Object.hasOwn(definition.set, name)));
}

/** What the original is about to undo is as good as undone. Rule FAULT-4. */
function toBeUndone(state: RunState): ReadonlySet<NodePath> {
  const paths = new Set<NodePath>();
  for (const { undoing } of mapValues(state.nodes))
    for (const path of undoing?.paths.slice(undoing.next) ?? []) paths.add(path);
  return paths;
}

/** Whether a failure is one without which the run went on: it was skipped or resolved, or what is around it completed all the same. */
function wentOn(state: RunState, path: NodePath): boolean {
  for (let at = path; at !== ""; at = around(at)) {
    const record = findNode(state, at);
    if (record === undefined) continue;
    if (record.state === "completed" || (record.state === "failed" && record.settlement === "completed")) return true;
    if (record.state === "skipped" && record.skipCause === "fault") return true;
  }
  return findNode(state, "" as NodePath)?.state === "completed";
}

function around(path: NodePath): NodePath {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"), path.lastIndexOf("["))) as NodePath;
}

function endsOf(state: RunState, lists: ReadonlyMap<NodePath, readonly string[]>): readonly KeptEnd[] {
  const ends: KeptEnd[] = [];
  for (const record of mapValues(state.nodes)) {
    const { type, path, settlement } = record;
    const items = lists.get(path) ?? [];
    if (type === "group" || type === "workflow" || (settlement === null && items.length === 0)) continue;
    if (type === "task" && (record.state === "completed" || record.state === "failed")) continue;
    ends.push({ path, digest: settlement === null ? null : endDigest(record, settlement), items });
  }
  return ends;
}
