import fc from "fast-check";
import type { FaultPolicy, NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import {
  conditional,
  expression,
  loop,
  millis,
  parallel,
  pipeline,
  subworkflow,
  task,
  template,
  workflow,
} from "./support.ts";

const IDS = ["a", "b", "c", "d"];

/** One to four siblings; later ones may depend on earlier ones, and earlier ones may have the last as their standby. */
function siblings(depth: number): fc.Arbitrary<readonly NodeDefinition[]> {
  return fc
    .array(fc.tuple(node(depth), fc.nat(15), fault, fc.boolean()), { minLength: 1, maxLength: 4 })
    .map((drawn) => {
      const last = IDS[drawn.length - 1] ?? "a";
      const usesStandby = drawn.length > 2 && drawn.some(([, , , wants]) => wants);
      return drawn.map(([make, mask, policy, wants], index) => {
        const dependsOn = IDS.slice(0, index).filter((_, other) => (mask & (1 << other)) !== 0);
        const then =
          usesStandby && wants && index < drawn.length - 1
            ? ({ kind: "runAlternative", id: last } as const)
            : policy.then;
        return { ...make(IDS[index] ?? "z"), dependsOn, fault: { ...policy, then } };
      });
    });
}

const delay = fc.constantFrom(0, 0, 50);

const fault: fc.Arbitrary<FaultPolicy> = fc.record({
  retry: fc.constantFrom(0, 0, 1, 2),
  backoff: delay.map((ms) => ({ type: "fixed", delayMs: millis(ms) }) as const),
  timeoutMs: fc.constant(null),
  totalTimeoutMs: fc.constantFrom(null, null, null, millis(500)),
  then: fc.constantFrom<FaultPolicy["then"]>(
    { kind: "abort" },
    { kind: "abort" },
    { kind: "skip" },
    { kind: "compensateAndRetry", times: 1 },
  ),
  lossLimit: fc.constantFrom(0, 3),
});

type Make = (id: string) => NodeDefinition;

function node(depth: number): fc.Arbitrary<Make> {
  const leaf = fc.constantFrom<Make>(
    (id) => task(id),
    (id) => task(id, { set: { n: expression("variables.n + 1") } }),
    (id) => task(id, { compensate: { kind: "run", script: template("undo"), shell: "sh" } }),
    (id) => task(id, { action: { kind: "approve", question: template("go on?") } }),
    (id) => task(id, { action: { kind: "run", script: template("{{ 1 / 0 }}"), shell: "sh" } }),
  );
  if (depth === 0) return leaf;
  const inner = siblings(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: inner.map(
        (nodes): Make =>
          (id) =>
            pipeline(id, nodes),
      ),
    },
    { weight: 2, arbitrary: randomParallel(inner) },
    { weight: 1, arbitrary: randomConditional(inner) },
    { weight: 1, arbitrary: randomLoop(inner) },
    {
      weight: 1,
      arbitrary: inner.map(
        (nodes): Make =>
          (id) =>
            subworkflow(id, workflow(nodes, { variables: { n: 0 } })),
      ),
    },
  );
}

function randomParallel(inner: fc.Arbitrary<readonly NodeDefinition[]>): fc.Arbitrary<Make> {
  const threshold = fc.constantFrom(
    { kind: "all" } as const,
    { kind: "any" } as const,
    { kind: "count", count: 2 } as const,
    { kind: "percent", percent: 50 } as const,
  );
  const join = fc.record({ threshold, rest: fc.constantFrom("cancel" as const, "finish" as const) });
  const shape = fc.record({
    forEach: fc.constantFrom(null, "[1, 2, 3]", "[]", "7"),
    limit: fc.constantFrom(null, 1, 2),
  });
  return fc.tuple(inner, join, shape).map(
    ([nodes, policy, { forEach, limit }]): Make =>
      (id) =>
        parallel(id, nodes, {
          join: policy,
          ...(forEach === null ? {} : { forEach }),
          ...(limit === null ? {} : { maxConcurrency: limit }),
        }),
  );
}

function randomConditional(inner: fc.Arbitrary<readonly NodeDefinition[]>): fc.Arbitrary<Make> {
  const condition = fc.constantFrom("true", "false", "variables.n > 1.0", "3");
  return fc.tuple(condition, inner, fc.option(inner, { nil: [] })).map(
    ([source, then, otherwise]): Make =>
      (id) =>
        conditional(
          id,
          source,
          then,
          otherwise.map((one) => ({
            ...one,
            id: `x${one.id}`,
            dependsOn: [],
            fault: { ...one.fault, then: { kind: "abort" } },
          })),
        ),
  );
}

function randomLoop(inner: fc.Arbitrary<readonly NodeDefinition[]>): fc.Arbitrary<Make> {
  return fc.tuple(inner, fc.nat(2)).map(([nodes, form]): Make => {
    if (form === 0) return (id) => loop(id, { kind: "times", times: 2 }, nodes);
    if (form === 1) return (id) => loop(id, { kind: "until", condition: expression("iteration >= 2.0") }, nodes);
    return (id) => loop(id, { kind: "while", condition: expression("iteration < 5.0") }, nodes, { maxIterations: 3 });
  });
}

/** Random workflows of all kinds of nodes, small enough to run to their end many times. */
export const randomWorkflow: fc.Arbitrary<WorkflowDefinition> = fc
  .tuple(siblings(3), fc.constantFrom("stop" as const, "compensate" as const))
  .map(([nodes, onFailure]) =>
    workflow(nodes, { variables: { n: 0 }, onFailure, outputs: { n: expression("variables.n") } }),
  );
