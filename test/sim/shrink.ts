import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import type { Scenario } from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import { toFile } from "./to-file.ts";

/** Simulations that making one failure small may take. */
const MAX_TRIES = 400;
/** Lines of a log that are told: the end is what matters. */
const MAX_LINES = 60;

/** A smaller scenario that breaks the same rule. Leaves out whatever can be left out: runs, faults, intents, machines, nodes. */
export async function shrink(scenario: Scenario, rule: string): Promise<Scenario> {
  let smallest = scenario;
  let tries = 0;
  for (let hasShrunk = true; hasShrunk && tries < MAX_TRIES;) {
    hasShrunk = false;
    for (const candidate of smaller(smallest)) {
      if (tries >= MAX_TRIES) break;
      tries += 1;
      if ((await simulate(candidate)).violation?.rule !== rule) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

function* smaller(scenario: Scenario): Generator<Scenario> {
  for (const runs of without(scenario.runs, 1)) yield { ...scenario, runs };
  for (const faults of without(scenario.faults, 0)) yield { ...scenario, faults };
  for (const intents of without(scenario.intents, 0)) yield { ...scenario, intents };
  const { network } = scenario;
  if (network.jitterMs + network.congestion > 0)
    yield { ...scenario, network: { ...network, jitterMs: 0, congestion: 0 } };
  if (scenario.machines.length > 1) yield { ...scenario, machines: scenario.machines.slice(0, -1) };
  for (const [index, run] of scenario.runs.entries())
    for (const definition of smallerDefinitions(run.definition))
      yield { ...scenario, runs: scenario.runs.with(index, { ...run, definition }) };
}

/** Half of a list, then all but one of it, not below `least`. */
function* without<T>(list: readonly T[], least: number): Generator<readonly T[]> {
  const half = Math.floor(list.length / 2);
  if (half > 1 && half >= least) {
    yield list.slice(half);
    yield list.slice(0, half);
  }
  if (list.length > least) for (const index of list.keys()) yield list.filter((_, other) => other !== index);
}

function* smallerDefinitions(definition: WorkflowDefinition): Generator<WorkflowDefinition> {
  for (const nodes of smallerLists(definition.nodes)) yield { ...definition, nodes };
  if (definition.onFailure === "compensate") yield { ...definition, onFailure: "stop" };
}

/** Without one node and all that names it, or with one node made smaller. */
function* smallerLists(nodes: readonly NodeDefinition[]): Generator<readonly NodeDefinition[]> {
  if (nodes.length > 1)
    for (const gone of nodes) {
      const rest = nodes.filter((node) => node !== gone).map((node) => forget(node, gone.id));
      if (!JSON.stringify(rest).includes(`nodes.${gone.id}.`)) yield rest;
    }
  for (const [index, node] of nodes.entries()) for (const one of smallerNodes(node)) yield nodes.with(index, one);
}

function forget(node: NodeDefinition, id: string): NodeDefinition {
  const { then } = node.fault;
  const isAlternative = then.kind === "runAlternative" && then.id === id;
  return {
    ...node,
    dependsOn: node.dependsOn.filter((other) => other !== id),
    fault: isAlternative ? { ...node.fault, then: { kind: "abort" } } : node.fault,
  };
}

function* smallerNodes(node: NodeDefinition): Generator<NodeDefinition> {
  const { fault } = node;
  if (fault.retry > 0) yield { ...node, fault: { ...fault, retry: 0 } };
  if (fault.totalTimeoutMs !== null) yield { ...node, fault: { ...fault, totalTimeoutMs: null } };
  if (fault.timeoutMs !== null) yield { ...node, fault: { ...fault, timeoutMs: null } };
  if (fault.then.kind !== "abort" && fault.then.kind !== "runAlternative")
    yield { ...node, fault: { ...fault, then: { kind: "abort" } } };
  switch (node.type) {
    case "task":
      if (Object.keys(node.set).length > 0) yield { ...node, set: {} };
      if (node.compensate !== null) yield { ...node, compensate: null };
      if (node.action.kind !== "noop") yield { ...node, action: { kind: "noop" } };
      return;
    case "conditional":
      if (node.else.length > 0) yield { ...node, else: [] };
      for (const then of smallerLists(node.then)) yield { ...node, then };
      for (const otherwise of smallerLists(node.else)) yield { ...node, else: otherwise };
      return;
    case "subworkflow":
      for (const definition of smallerDefinitions(node.definition)) yield { ...node, definition };
      return;
    default:
      for (const nodes of smallerLists(node.nodes)) yield { ...node, nodes };
  }
}

/** A failure made small, for people: what was asked for, what went wrong around it, and the end of what happened. */
export async function toMinimal(scenario: Scenario, rule: string): Promise<string> {
  const smallest = await shrink(scenario, rule);
  const outcome: Outcome = await simulate(smallest, true);
  return [
    "made small:",
    `  machines: ${JSON.stringify(smallest.machines)}`,
    `  network: ${JSON.stringify(smallest.network)}, luck: ${JSON.stringify(smallest.luck)}`,
    ...smallest.runs.map(({ definition }, index) => `  run ${String(index)}: ${JSON.stringify(toFile(definition))}`),
    ...smallest.faults.map((fault) => `  fault: ${JSON.stringify(fault)}`),
    ...smallest.intents.map((intent) => `  person: ${JSON.stringify(intent)}`),
    `  ${outcome.violation?.message ?? ""}`,
    ...outcome.log.slice(-MAX_LINES),
  ].join("\n");
}
