import fc from "fast-check";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import {
  conditional,
  expression,
  loop,
  parallel,
  pipeline,
  script,
  subworkflow,
  task,
  template,
  workflow,
} from "./support.ts";

const IDS = ["a", "b", "c", "d"];

type Make = (id: string) => NodeDefinition;

/** Like real workflows: who reads a node or a variable waits for it, so that what comes out is no matter of luck. */
function siblings(depth: number, joins: readonly ("all" | "any")[]): fc.Arbitrary<readonly NodeDefinition[]> {
  return fc
    .array(fc.tuple(node(depth, joins), fc.nat(7), fc.constantFrom(0, 0, 0, 1)), { minLength: 1, maxLength: 4 })
    .map((drawn) =>
      drawn.map(([make, mask, skips], index) => {
        const made = make(IDS[index] ?? "z");
        const dependsOn = IDS.slice(0, index).filter((_, other) => (mask & (1 << other)) !== 0);
        const then = skips === 1 ? ({ kind: "skip" } as const) : made.fault.then;
        return { ...made, dependsOn, fault: { ...made.fault, then } };
      }),
    );
}

function node(depth: number, joins: readonly ("all" | "any")[]): fc.Arbitrary<Make> {
  const leaf = fc.oneof(
    fc.nat(3).map(
      (n): Make =>
        (id) =>
          task(id, { action: script(`do ${String(n)}`) }),
    ),
    fc.constant<Make>((id) => task(id, { action: script("use {{ inputs.x }}") })),
    fc.constant<Make>((id) =>
      task(id, { action: script("do {{ inputs.x }}"), set: { n: expression("variables.n + 1") } }),
    ),
    fc.constant<Make>((id) => task(id, { action: { kind: "approve", question: template("go on?") } })),
  );
  if (depth === 0) return leaf;
  const inner = siblings(depth - 1, joins);
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: inner.map(
        (nodes): Make =>
          (id) =>
            pipeline(id, readPrevious(nodes)),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          inner,
          fc.constantFrom(null, "['p', 'q', 'r']", "['q']", "[]"),
          fc.constantFrom(...joins),
          fc.constantFrom("cancel" as const, "finish" as const),
        )
        .map(
          ([nodes, forEach, kind, rest]): Make =>
            (id) =>
              parallel(id, forEach === null ? nodes : nodes.map(readItem), {
                join: { threshold: kind === "all" ? { kind: "all" } : { kind: "any" }, rest },
                ...(forEach === null ? {} : { forEach, maxConcurrency: 2 }),
              }),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom("true", "false", "inputs.x > 1.0"), inner, inner).map(
        ([condition, then, otherwise]): Make =>
          (id) =>
            conditional(
              id,
              condition,
              then,
              otherwise.map((one) => ({ ...one, id: `x${one.id}`, dependsOn: [] })),
            ),
      ),
    },
    {
      weight: 1,
      arbitrary: inner.map(
        (nodes): Make =>
          (id) =>
            loop(id, { kind: "times", times: 2 }, nodes.map(readIteration)),
      ),
    },
    {
      weight: 1,
      arbitrary: inner.map(
        (nodes): Make =>
          (id) =>
            subworkflow(
              id,
              workflow(nodes, { variables: { n: 0 }, inputs: { x: { type: "number", description: "" } } }),
              { with: { x: template("{{ inputs.x }}") } },
            ),
      ),
    },
  );
}

function rewritten(one: NodeDefinition, source: string): NodeDefinition {
  return one.type === "task" && one.action.kind === "run"
    ? { ...one, action: script(`${one.action.script.source} ${source}`) }
    : one;
}

const readItem = (one: NodeDefinition) => rewritten(one, "{{ item }}");
const readIteration = (one: NodeDefinition) => rewritten(one, "{{ iteration }}");
const readPrevious = (nodes: readonly NodeDefinition[]) =>
  nodes.map((one, index) => (index === 0 ? one : rewritten(one, "after {{ previous }}")));

const withJoins = (joins: readonly ("all" | "any")[]): fc.Arbitrary<WorkflowDefinition> =>
  siblings(2, joins).map((nodes) =>
    workflow(nodes, {
      variables: { n: 0 },
      inputs: { x: { type: "number", description: "", default: 1 } },
      outputs: { n: expression("variables.n") },
    }),
  );

/** Some nodes need only one of those in them. */
export const definitions = withJoins(["all", "any"]);
/** All that is in a node has to complete: nothing is a matter of luck. */
export const settled = withJoins(["all"]);

/** The same definition with one task of it changed, deep inside as well; null where there is none. */
export function withOneChanged(
  definition: WorkflowDefinition,
  pick: number,
): { readonly definition: WorkflowDefinition; readonly place: string } | null {
  const places: string[] = [];
  const change = (nodes: readonly NodeDefinition[], around: string, target: string | null): readonly NodeDefinition[] =>
    nodes.map((one): NodeDefinition => {
      const place = around === "" ? one.id : `${around}/${one.id}`;
      if (one.type === "task") {
        if (one.action.kind === "run") places.push(place);
        return place === target ? rewritten(one, "changed") : one;
      }
      if (one.type === "conditional")
        return { ...one, then: change(one.then, place, target), else: change(one.else, place, target) };
      if (one.type === "subworkflow")
        return { ...one, definition: { ...one.definition, nodes: change(one.definition.nodes, place, target) } };
      return { ...one, nodes: change(one.nodes, place, target) };
    });
  change(definition.nodes, "", null);
  const target = places[pick % Math.max(1, places.length)];
  return target === undefined
    ? null
    : { definition: { ...definition, nodes: change(definition.nodes, "", target) }, place: target };
}

export function placeOf(at: string): string {
  return at.replace(/\[\d+\]/g, "");
}

/** Whether a place is the changed one or can come after it: through its siblings, or those of anything around it, or the next round of a loop. */
export function dependantsOf(definition: WorkflowDefinition, changed: string): (place: string) => boolean {
  const steps = changed.split("/");
  const allowed: string[] = [changed];
  let nodes = definition.nodes;
  let sequence = false;
  let around = "";
  for (const step of steps) {
    const index = nodes.findIndex(({ id }) => id === step);
    const reached = new Set([step]);
    nodes.forEach((one, at) => {
      if (sequence ? at > index : one.dependsOn.some((id) => reached.has(id))) reached.add(one.id);
    });
    reached.delete(step);
    for (const id of reached) allowed.push(around === "" ? id : `${around}/${id}`);
    const here = nodes[index];
    around = around === "" ? step : `${around}/${step}`;
    if (here === undefined || here.type === "task") break;
    if (here.type === "loop") allowed.push(around);
    sequence = here.type === "pipeline" || here.type === "conditional";
    nodes =
      here.type === "conditional"
        ? [...here.then, ...here.else]
        : here.type === "subworkflow"
          ? here.definition.nodes
          : here.nodes;
  }
  return (place) => allowed.some((one) => place === one || place.startsWith(`${one}/`));
}
