import { stringify } from "yaml";
import type { Json, JsonObject } from "../base/json.ts";
import type {
  BackoffStrategy,
  Expression,
  FaultPolicy,
  JoinPolicy,
  NodeDefinition,
  Requirements,
  TaskAction,
  TaskDefinition,
  Template,
  TemplateTree,
  WorkflowDefinition,
} from "../model/workflow.ts";
import { USUAL_FAULT } from "./fault.ts";
import { NO_NEEDS } from "./task.ts";

/** A text of a workflow by the name that it is referred to. */
export interface PrintedFile {
  readonly name: string;
  readonly text: string;
}

/**
 * A definition as text that reads back to an equal one; what is as it would be by itself is left out. The workflow first, then the
 * workflows in it by how they are referred to. Comments and `defaults` of the file it was read from are not known any more.
 */
export function printWorkflow(definition: WorkflowDefinition): readonly PrintedFile[] {
  const texts = new Map<string, string>();
  const main = { name: `${definition.name}.yaml`, text: toText(definition, texts) };
  return [main, ...[...texts].map(([name, text]) => ({ name, text }))];
}

function toText(definition: WorkflowDefinition, texts: Map<string, string>): string {
  const { name, description, inputs, variables, nodes, outputs, collect, onFailure } = definition;
  const document = {
    lanweave: 1,
    name,
    ...given("description", description, ""),
    ...filled(
      "inputs",
      mapValues(inputs, ({ description: words, ...rest }) => ({ ...rest, ...given("description", words, "") })),
    ),
    ...filled("variables", variables),
    nodes: nodes.map((node) => toNode(node, texts)),
    ...filled("outputs", mapValues(outputs, sourceOf)),
    ...filled("collect", Object.fromEntries(collect.map(({ to, from }) => [to, from.source]))),
    ...given("onFailure", onFailure, "stop"),
  };
  return stringify(document, { lineWidth: 0 });
}

function toNode(node: NodeDefinition, texts: Map<string, string>): JsonObject {
  const { id, type, label, dependsOn, fault } = node;
  const children = (nodes: readonly NodeDefinition[]): readonly JsonObject[] =>
    nodes.map((child) => toNode(child, texts));
  const base = {
    id,
    type,
    ...given("label", label, ""),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...filled("fault", toFaultDocument(fault)),
  };
  switch (node.type) {
    case "task":
      return { ...base, ...toTask(node) };
    case "pipeline":
      return { ...base, nodes: children(node.nodes) };
    case "parallel":
      return {
        ...base,
        ...(node.forEach === null ? {} : { forEach: node.forEach.source }),
        ...toJoin(node.join),
        ...given("maxConcurrency", node.maxConcurrency, null),
        nodes: children(node.nodes),
      };
    case "conditional":
      return {
        ...base,
        if: node.if.source,
        then: children(node.then),
        ...(node.else.length === 0 ? {} : { else: children(node.else) }),
      };
    case "loop":
      return {
        ...base,
        ...toRepeat(node.repeat),
        maxIterations: node.maxIterations,
        nodes: children(node.nodes),
      };
    case "subworkflow":
      if (!texts.has(node.workflow)) texts.set(node.workflow, toText(node.definition, texts));
      return { ...base, workflow: node.workflow, ...filled("with", mapValues(node.with, toTree)) };
  }
}

function toTask(task: TaskDefinition): JsonObject {
  const { action, result, environment, files, needs, compensate, set } = task;
  const { in: taken, out: made } = files;
  return {
    ...toAction(action),
    ...given("result", result, "text"),
    ...filled("environment", mapValues(environment, sourceOf)),
    ...filled("files", {
      ...(taken.length === 0 ? {} : { in: taken.map(sourceOf) }),
      ...(made.length === 0 ? {} : { out: made.map(sourceOf) }),
    }),
    ...filled("needs", toNeeds(needs)),
    ...(compensate === null ? {} : { compensate: toAction(compensate) }),
    ...filled("set", mapValues(set, sourceOf)),
  };
}

function toAction(action: TaskAction): JsonObject {
  switch (action.kind) {
    case "run":
      return { run: action.script.source, ...given("shell", action.shell, "sh") };
    case "argv":
      return { argv: action.argv.map(sourceOf) };
    case "script":
      return {
        script: {
          module: action.module,
          ...given("export", action.export, "default"),
          ...given("args", toTree(action.args), null),
        },
      };
    case "http":
      return {
        http: {
          method: action.method,
          url: action.url.source,
          ...filled("headers", mapValues(action.headers, sourceOf)),
          ...(action.body === null ? {} : { body: toTree(action.body) }),
          ...(action.expect.length === 0 ? {} : { expect: action.expect }),
        },
      };
    case "sleep":
      return { sleep: duration(action.durationMs) };
    case "approve":
      return { approve: action.question.source };
    case "noop":
      return { noop: {} };
  }
}

function toNeeds({ labels, cpus, memoryBytes, gpus, exclusive, agent }: Requirements): JsonObject {
  return {
    ...(labels.length === 0 ? {} : { labels }),
    ...given("cpus", cpus, NO_NEEDS.cpus),
    ...given("memory", memoryBytes, NO_NEEDS.memoryBytes),
    ...given("gpus", gpus, NO_NEEDS.gpus),
    ...given("exclusive", exclusive, NO_NEEDS.exclusive),
    ...(agent === null ? {} : { agent: agent.source }),
  };
}

function toFaultDocument({ retry, backoff, timeoutMs, totalTimeoutMs, then, lossLimit }: FaultPolicy): JsonObject {
  const isUsual = JSON.stringify(backoff) === JSON.stringify(USUAL_FAULT.backoff);
  return {
    ...given("retry", retry, USUAL_FAULT.retry),
    ...(isUsual ? {} : { backoff: toBackoff(backoff) }),
    ...(timeoutMs === null ? {} : { timeout: duration(timeoutMs) }),
    ...(totalTimeoutMs === null ? {} : { totalTimeout: duration(totalTimeoutMs) }),
    ...(then.kind === "abort" ? {} : { then: toThen(then) }),
    ...given("lossLimit", lossLimit, USUAL_FAULT.lossLimit),
  };
}

function toBackoff(backoff: BackoffStrategy): JsonObject {
  switch (backoff.type) {
    case "fixed":
      return { type: "fixed", delay: duration(backoff.delayMs) };
    case "exponential": {
      const { initialMs, factor, maxMs } = backoff;
      return { type: "exponential", initial: duration(initialMs), factor, max: duration(maxMs) };
    }
    case "random":
      return { type: "random", min: duration(backoff.minMs), max: duration(backoff.maxMs) };
  }
}

function toThen(then: FaultPolicy["then"]): Json {
  switch (then.kind) {
    case "abort":
    case "skip":
      return then.kind;
    case "runAlternative":
      return { runAlternative: then.id };
    case "compensateAndRetry":
      return { compensateAndRetry: then.times };
  }
}

function toJoin({ threshold, rest }: JoinPolicy): JsonObject {
  const tail = given("rest", rest, "cancel");
  switch (threshold.kind) {
    case "all":
      return rest === "cancel" ? {} : { join: { all: true, ...tail } };
    case "any":
      return { join: rest === "cancel" ? "any" : { any: true, ...tail } };
    case "count":
      return { join: { count: threshold.count, ...tail } };
    case "percent":
      return { join: { percent: threshold.percent, ...tail } };
  }
}

function toRepeat(repeat: Extract<NodeDefinition, { type: "loop" }>["repeat"]): JsonObject {
  if (repeat.kind === "times") return { times: typeof repeat.times === "number" ? repeat.times : repeat.times.source };
  return { [repeat.kind]: repeat.condition.source };
}

function toTree(tree: TemplateTree): Json {
  if (typeof tree !== "object" || tree === null) return tree;
  if (isList(tree)) return tree.map(toTree);
  return tree.kind === "template" ? tree.source : mapValues(tree.entries, toTree);
}

function isList(tree: object): tree is readonly TemplateTree[] {
  return Array.isArray(tree);
}

function sourceOf({ source }: Template | Expression): string {
  return source;
}

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

function duration(ms: number): string {
  const unit = UNITS.find(([, size]) => ms > 0 && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

/** The key, unless its value is what it would be without. */
function given(key: string, value: Json, usual: Json): JsonObject {
  return value === usual ? {} : { [key]: value };
}

/** The key, unless there is nothing in its value. */
function filled(key: string, value: JsonObject): JsonObject {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
