import type { Json } from "../base/json.ts";
import { evaluateExpression } from "../expression/evaluate.ts";
import type {
  ConditionalDefinition,
  Expression,
  JoinPolicy,
  LoopDefinition,
  NodeDefinition,
  ParallelDefinition,
  PipelineDefinition,
} from "../model/workflow.ts";
import { countCompletable, countCounting, isAllSkipped } from "./completable.ts";
import { childLists, isList, member, Siblings, toIds } from "./names.ts";
import { addProblem, below, toExpression, withLocals, type Place, type Spot } from "./place.ts";
import {
  nodeSchemas,
  REPEAT_KEYS,
  STAND_IN_ID,
  type RawConditional,
  type RawJoin,
  type RawLoop,
  type RawParallel,
} from "./schema.ts";
import { checkShape } from "./shape.ts";

type Base = "id" | "label" | "dependsOn" | "fault";
type Composite =
  | Omit<PipelineDefinition, Base>
  | Omit<ParallelDefinition, Base>
  | Omit<ConditionalDefinition, Base>
  | Omit<LoopDefinition, Base>;
type CompositeType = "pipeline" | "parallel" | "conditional" | "loop";
interface Read {
  readonly raw:
    | RawParallel
    | RawConditional
    | RawLoop
    | ({ readonly type: "pipeline"; readonly id: string } & Pick<RawParallel, "label" | "dependsOn" | "fault">);
  readonly definition: Composite;
}

/** Siblings in order: by `dependsOn`, or one after the other. */
export type Order = "graph" | "sequence";

/** Reads the nodes inside of a node. */
export type ReadChildren = (list: readonly Json[], spot: Spot, order: Order) => readonly NodeDefinition[];

const DEFAULT_MAX_ITERATIONS = 1_000;

/** All of a node that holds nodes but what every node has. Its children are read even when it is unsound itself. */
export function toComposite(type: CompositeType, data: Json, spot: Spot, readChildren: ReadChildren): Read | null {
  const lists = new Map(childLists(data).map(({ key, list }) => [key, list]));
  const children = (key: string, order: Order, place: Place = spot.place): readonly NodeDefinition[] =>
    readChildren(lists.get(key) ?? [], below({ ...spot, place }, key), order);

  switch (type) {
    case "pipeline": {
      const { value: raw } = checkShape(nodeSchemas.pipeline, data, spot.path, spot.file, {
        id: STAND_IN_ID,
        nodes: [null],
      });
      const nodes = children("nodes", "sequence", withoutPrevious(spot.place));
      return raw === null ? null : { raw, definition: { type, nodes } };
    }
    case "parallel": {
      const { value: raw } = checkShape(nodeSchemas.parallel, data, spot.path, spot.file, {
        id: STAND_IN_ID,
        nodes: [null],
      });
      const hasItems = member(data, "forEach") !== undefined;
      const nodes = children("nodes", "graph", hasItems ? withLocals(spot.place, "item", "index") : spot.place);
      return raw === null ? null : { raw, definition: { type, ...toParallel(raw, data, spot), nodes } };
    }
    case "conditional": {
      const { value: raw } = checkShape(nodeSchemas.conditional, data, spot.path, spot.file, {
        id: STAND_IN_ID,
        if: true,
        then: [null],
      });
      const branches = { then: children("then", "sequence"), else: children("else", "sequence") };
      return raw === null
        ? null
        : { raw, definition: { type, if: toExpression(below(spot, "if"), raw.if, "boolean"), ...branches } };
    }
    case "loop": {
      const { value: raw, unsound } = checkShape(nodeSchemas.loop, data, spot.path, spot.file, {
        id: STAND_IN_ID,
        nodes: [null],
      });
      const nodes = children("nodes", "graph", withLocals(spot.place, "iteration", "previous"));
      return raw === null
        ? null
        : { raw, definition: { type, ...toLoop(raw, unsound, spot, lists.get("nodes") ?? []), nodes } };
    }
  }
}

function withoutPrevious(place: Place): Place {
  return { ...place, locals: new Set([...place.locals].filter((name) => name !== "previous")) };
}

function toParallel(
  raw: RawParallel,
  data: Json,
  spot: Spot,
): Pick<ParallelDefinition, "forEach" | "join" | "maxConcurrency"> {
  const join = toJoin(raw.join, below(spot, "join"));
  checkThreshold(join, data, below(spot, "join"));
  return { forEach: toForEach(raw.forEach, below(spot, "forEach")), join, maxConcurrency: raw.maxConcurrency ?? null };
}

/** A count of children that can never be reached, as far as the file says how many there are and which of them are skipped. */
function checkThreshold({ threshold }: JoinPolicy, data: Json, spot: Spot): void {
  if (threshold.kind !== "count") return;
  const nodes = member(data, "nodes");
  const children = isList(nodes) ? nodes : [];
  const forEach = member(data, "forEach");
  const items = forEach === undefined ? null : countItems(forEach);
  if (forEach !== undefined && items === null) return;
  const total = items ?? countCounting(children);
  const completable = items === null ? countCompletable(children) : isAllSkipped(children) ? 0 : items;
  if (threshold.count <= completable) return;
  const skipped = total - completable;
  const present = total === 1 ? "there is 1 child" : `there are ${total} children`;
  const there = `${present}${skipped === 0 ? "" : `, of which ${skipped} are always skipped`}`;
  addProblem(spot, "join", `expected a count that can be reached; ${there}, found ${threshold.count}`);
}

/** How long the list of a `forEach` is; null when that is known only when it runs. */
function countItems(forEach: Json): number | null {
  if (isList(forEach)) return forEach.length;
  if (typeof forEach !== "string" || !/^\s*\[/.test(forEach)) return null;
  const nothing = { inputs: {}, variables: {}, nodes: {}, level: 0 };
  const list = evaluateExpression({ kind: "expression", source: forEach }, nothing);
  return list.ok && Array.isArray(list.value) ? list.value.length : null;
}

function toForEach(raw: RawParallel["forEach"], spot: Spot): Expression | null {
  if (raw === undefined) return null;
  return toExpression(spot, typeof raw === "string" ? raw : JSON.stringify(raw), "list");
}

function toJoin(raw: RawJoin | undefined, spot: Spot): JoinPolicy {
  if (raw === undefined) return { threshold: { kind: "all" }, rest: "cancel" };
  if (typeof raw === "string") return { threshold: { kind: raw }, rest: "cancel" };
  const given = (["all", "any", "count", "percent"] as const).filter((key) => raw[key] !== undefined);
  if (given.length > 1)
    addProblem(spot, "join", `expected one of all, any, count and percent, found ${given.join(" and ")}`);
  return { threshold: toThreshold(raw), rest: raw.rest ?? "cancel" };
}

function toThreshold(raw: Exclude<RawJoin, string>): JoinPolicy["threshold"] {
  if (raw.count !== undefined) return { kind: "count", count: raw.count };
  if (raw.percent !== undefined) return { kind: "percent", percent: raw.percent };
  return raw.any === true ? { kind: "any" } : { kind: "all" };
}

function toLoop(
  raw: RawLoop,
  unsound: ReadonlySet<string>,
  spot: Spot,
  children: readonly Json[],
): Pick<LoopDefinition, "repeat" | "maxIterations"> {
  const given = REPEAT_KEYS.filter((key) => raw[key] !== undefined || unsound.has(key));
  if (given.length !== 1) {
    const found = given.length === 0 ? "none of them" : given.join(" and ");
    addProblem(spot, "loop-kind", `expected exactly one of ${REPEAT_KEYS.join(", ")}, found ${found}`);
  }
  const maxIterations = raw.maxIterations ?? DEFAULT_MAX_ITERATIONS;
  if (typeof raw.times === "number" && raw.times > maxIterations)
    addProblem(
      below(spot, "times"),
      "value",
      `expected at most maxIterations, which is ${maxIterations}, found ${raw.times}`,
    );
  return { repeat: toRepeat(raw, spot, children), maxIterations };
}

/** `until` is asked after an iteration and sees its nodes; `while` may be asked before there is one. Rule NODE-8. */
function toRepeat(raw: RawLoop, spot: Spot, children: readonly Json[]): LoopDefinition["repeat"] {
  const inside = { ...spot, place: withLocals(spot.place, "iteration", "previous") };
  const after = { ...inside, place: { ...inside.place, nodes: new Siblings(toIds(children), null, spot.place.nodes) } };
  if (raw.while !== undefined)
    return { kind: "while", condition: toExpression(below(inside, "while"), raw.while, "boolean") };
  if (raw.until !== undefined)
    return { kind: "until", condition: toExpression(below(after, "until"), raw.until, "boolean") };
  if (typeof raw.times === "string")
    return { kind: "times", times: toExpression(below(spot, "times"), raw.times, "number") };
  return { kind: "times", times: raw.times ?? 0 };
}
