import type { Json, JsonObject } from "#core/base/json.ts";
import type {
  BackoffStrategy,
  FaultPolicy,
  JoinPolicy,
  LoopDefinition,
  NodeDefinition,
  TaskDefinition,
  TemplateTree,
  WorkflowDefinition,
} from "#core/model/workflow.ts";

/** A definition as somebody would write it, without what is as it is by default: JSON, which is YAML as well. */
export function toFile(definition: WorkflowDefinition): JsonObject {
  return compact({
    lanweave: 1,
    name: definition.name,
    inputs: isEmpty(definition.inputs) ? null : mapValues(definition.inputs, ({ type }) => ({ type })),
    variables: definition.variables,
    nodes: definition.nodes.map(toNode),
    outputs: mapValues(definition.outputs, ({ source }) => source),
    onFailure: definition.onFailure === "stop" ? null : definition.onFailure,
  });
}

/** The workflows that a definition uses, by the names it uses. */
export function filesOf(definition: WorkflowDefinition): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const pending = [...definition.nodes];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === "subworkflow") {
      files.set(node.workflow, JSON.stringify(toFile(node.definition)));
      pending.push(...node.definition.nodes);
    } else if (node.type === "conditional") pending.push(...node.then, ...node.else);
    else if (node.type !== "task") pending.push(...node.nodes);
  }
  return files;
}

function toNode(node: NodeDefinition): JsonObject {
  const { id, type, dependsOn } = node;
  const head = { id, type, dependsOn: dependsOn.length === 0 ? null : [...dependsOn] };
  return compact({ ...head, ...bodyOf(node), fault: toFault(node.fault) });
}

function bodyOf(node: NodeDefinition): Readonly<Record<string, Json>> {
  switch (node.type) {
    case "task":
      return toTask(node);
    case "pipeline":
      return { nodes: node.nodes.map(toNode) };
    case "parallel":
      return {
        forEach: node.forEach?.source ?? null,
        join: toJoin(node.join),
        maxConcurrency: node.maxConcurrency,
        nodes: node.nodes.map(toNode),
      };
    case "conditional":
      return {
        if: node.if.source,
        then: node.then.map(toNode),
        else: node.else.length === 0 ? null : node.else.map(toNode),
      };
    case "loop":
      return { ...toRepeat(node), maxIterations: node.maxIterations, nodes: node.nodes.map(toNode) };
    case "subworkflow":
      return { workflow: node.workflow, with: isEmpty(node.with) ? null : mapValues(node.with, toTree) };
  }
}

function toTask({ action, result, needs, compensate, set }: TaskDefinition): Readonly<Record<string, Json>> {
  return {
    ...toAction(action),
    result,
    needs: compact({
      labels: needs.labels.length === 0 ? null : [...needs.labels],
      cpus: needs.cpus === 0 ? null : needs.cpus,
      memory: needs.memoryBytes === 0 ? null : needs.memoryBytes,
      exclusive: needs.exclusive ? true : null,
      agent: needs.agent?.source ?? null,
    }),
    compensate: compensate === null ? null : toAction(compensate),
    set: isEmpty(set) ? null : mapValues(set, ({ source }) => source),
  };
}

function toAction(action: TaskDefinition["action"]): JsonObject {
  switch (action.kind) {
    case "run":
      return { run: action.script.source };
    case "approve":
      return { approve: action.question.source };
    case "noop":
      return { noop: {} };
    default:
      throw new Error(`random workflows have no tasks of the kind ${action.kind}`);
  }
}

function toJoin({ threshold, rest }: JoinPolicy): Json {
  const more = rest === "cancel" ? {} : { rest };
  switch (threshold.kind) {
    case "count":
      return { count: threshold.count, ...more };
    case "percent":
      return { percent: threshold.percent, ...more };
    default:
      return { [threshold.kind]: true, ...more };
  }
}

function toRepeat({ repeat }: LoopDefinition): JsonObject {
  if (repeat.kind !== "times") return { [repeat.kind]: repeat.condition.source };
  return { times: typeof repeat.times === "number" ? repeat.times : repeat.times.source };
}

function toTree(tree: TemplateTree): Json {
  if (tree === null || typeof tree !== "object") return tree;
  return "source" in tree ? tree.source : null;
}

function toFault(fault: FaultPolicy): JsonObject {
  return compact({
    retry: fault.retry,
    backoff: toBackoff(fault.backoff),
    timeout: fault.timeoutMs === null ? null : ms(fault.timeoutMs),
    totalTimeout: fault.totalTimeoutMs === null ? null : ms(fault.totalTimeoutMs),
    then: toThen(fault.then),
    lossLimit: fault.lossLimit,
  });
}

function toBackoff(backoff: BackoffStrategy): JsonObject {
  switch (backoff.type) {
    case "fixed":
      return { type: "fixed", delay: ms(backoff.delayMs) };
    case "exponential":
      return { type: "exponential", initial: ms(backoff.initialMs), factor: backoff.factor, max: ms(backoff.maxMs) };
    case "random":
      return { type: "random", min: ms(backoff.minMs), max: ms(backoff.maxMs) };
  }
}

function toThen(then: FaultPolicy["then"]): Json {
  switch (then.kind) {
    case "runAlternative":
      return { runAlternative: then.id };
    case "compensateAndRetry":
      return { compensateAndRetry: then.times };
    default:
      return then.kind;
  }
}

function ms(duration: number): string {
  return `${String(duration)}ms`;
}

function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}

function mapValues<T>(map: Readonly<Record<string, T>>, change: (value: T) => Json): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** Without what is null: it is not written. */
function compact(map: Readonly<Record<string, Json>>): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}
