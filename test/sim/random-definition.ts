import type { Millis } from "#core/model/id.ts";
import type {
  BackoffStrategy,
  Expression,
  FaultPolicy,
  JoinPolicy,
  LoopDefinition,
  NodeDefinition,
  ParallelDefinition,
  SubworkflowDefinition,
  TaskAction,
  TaskDefinition,
  Template,
  WorkflowDefinition,
} from "#core/model/workflow.ts";
import type { Chance } from "./chance.ts";

// Random workflows that the parser would accept, of every type of node in every other. Expressions are few and plain, so that the
// naive interpreter can evaluate them without the product's own evaluator.

const MAX_DEPTH = 3;
/** Nodes of one definition, as written. */
const MAX_NODES = 30;

/** One object for each text: the engine's memos of compiled expressions then serve every seed of a process. */
const expressions = new Map<string, Expression>();
const templates = new Map<string, Template>();

function expression(source: string): Expression {
  const known = expressions.get(source) ?? { kind: "expression", source };
  expressions.set(source, known);
  return known;
}

function template(source: string): Template {
  const known = templates.get(source) ?? { kind: "template", source };
  templates.set(source, known);
  return known;
}

/** What may be named at a place. */
interface Place {
  readonly depth: number;
  readonly isInLoop: boolean;
  readonly isInItem: boolean;
  readonly inputs: readonly string[];
}

interface Writer {
  readonly chance: Chance;
  /** Nodes that may still be written. */
  left: number;
  /** Subworkflows written so far. */
  files: number;
}

export function randomDefinition(chance: Chance): WorkflowDefinition {
  const writer = { chance, left: MAX_NODES, files: 0 };
  const place = { depth: 0, isInLoop: false, isInItem: false, inputs: [] };
  return workflow(writer, "top", place, chance.is(0.15) ? 1 : 2 + chance.below(3));
}

function workflow(writer: Writer, name: string, place: Place, count: number): WorkflowDefinition {
  const { chance } = writer;
  return {
    format: 1,
    name,
    description: "",
    inputs: Object.fromEntries(place.inputs.map((input) => [input, { type: "integer" as const, description: "" }])),
    variables: { n: 0, last: null },
    nodes: graph(writer, place, count),
    outputs: { n: expression("variables.n") },
    collect: [],
    onFailure: chance.is(0.25) ? "compensate" : "stop",
  };
}

/** Siblings ordered by `dependsOn`; some stand by for others. */
function graph(writer: Writer, place: Place, count: number): readonly NodeDefinition[] {
  const { chance } = writer;
  const nodes: NodeDefinition[] = [];
  for (let index = 0; index < count && (writer.left > 0 || index === 0); index += 1) {
    const before = nodes.map(({ id }) => id).filter(() => chance.is(0.35));
    nodes.push({ ...node(writer, idOf(index), place, nodes), dependsOn: before });
  }
  return withStandby(chance, nodes);
}

/** Siblings that run one after the other. */
function sequence(writer: Writer, place: Place, count: number, prefix = ""): readonly NodeDefinition[] {
  const nodes: NodeDefinition[] = [];
  for (let index = 0; index < count && (writer.left > 0 || index === 0); index += 1)
    nodes.push(node(writer, `${prefix}${idOf(index)}`, place, nodes));
  return withStandby(writer.chance, nodes);
}

function idOf(index: number): string {
  return "abcdefgh"[index] ?? `x${String(index)}`;
}

/** Now and then the last sibling runs only in the place of others. */
function withStandby(chance: Chance, nodes: readonly NodeDefinition[]): readonly NodeDefinition[] {
  const standby = nodes.at(-1);
  if (standby === undefined || nodes.length < 2 || !chance.is(0.2)) return nodes;
  return nodes.map((one, index) => {
    if (index === nodes.length - 1) return { ...one, dependsOn: [] };
    if (index > 0 && !chance.is(0.5)) return one;
    return { ...one, fault: { ...one.fault, then: { kind: "runAlternative", id: standby.id } } };
  });
}

function node(writer: Writer, id: string, place: Place, before: readonly NodeDefinition[]): NodeDefinition {
  const { chance } = writer;
  writer.left -= 1;
  const base = { id, label: "", dependsOn: [], fault: fault(chance) };
  const inner = { ...place, depth: place.depth + 1 };
  const count = 1 + chance.below(3);
  const kind = place.depth >= MAX_DEPTH || writer.left < 2 ? 0 : chance.below(12);
  switch (kind) {
    case 5:
      return { ...base, type: "pipeline", nodes: sequence(writer, inner, count) };
    case 6:
      return plainParallel(writer, base, inner, count + 1);
    case 7: {
      const list = chance.pick(["[1, 2, 3]", "[4, 5]", "[]", '["a", "b", "c", "d"]', "[1, 2]", "variables.last"]);
      const items: unknown = list.startsWith("[") ? JSON.parse(list) : null;
      const most = Array.isArray(items) ? items.length : Infinity;
      const nodes = graph(writer, { ...inner, isInItem: true }, count);
      return { ...base, ...parallel(chance, most), type: "parallel", forEach: expression(list), nodes };
    }
    case 8: {
      const then = sequence(writer, inner, 1 + chance.below(2), "t");
      return {
        ...base,
        type: "conditional",
        if: condition(chance, place, before),
        then,
        else: sequence(writer, inner, chance.below(3), "e"),
      };
    }
    case 9:
    case 10:
      return { ...base, ...loop(chance), type: "loop", nodes: graph(writer, { ...inner, isInLoop: true }, count) };
    case 11:
      return { ...base, ...subworkflow(writer, inner, count) };
    default:
      return task(chance, base, place);
  }
}

function fault(chance: Chance): FaultPolicy {
  return {
    retry: chance.pick([0, 0, 0, 1, 1, 2]),
    backoff: backoff(chance),
    timeoutMs: chance.is(0.12) ? millis(chance.pick([150, 900, 4_000])) : null,
    totalTimeoutMs: chance.is(0.07) ? millis(chance.pick([400, 2_000, 9_000])) : null,
    then: chance.pick<FaultPolicy["then"]>([
      { kind: "abort" },
      { kind: "abort" },
      { kind: "skip" },
      { kind: "compensateAndRetry", times: 1 },
      { kind: "compensateAndRetry", times: 2 },
    ]),
    lossLimit: chance.pick([0, 1, 5, 5]),
  };
}

function backoff(chance: Chance): BackoffStrategy {
  switch (chance.below(4)) {
    case 0:
      return { type: "fixed", delayMs: millis(0) };
    case 1:
      return { type: "fixed", delayMs: millis(chance.pick([20, 700])) };
    case 2:
      return { type: "exponential", initialMs: millis(30), factor: chance.pick([1, 2, 3]), maxMs: millis(200) };
    default:
      return { type: "random", minMs: millis(10), maxMs: millis(400) };
  }
}

function millis(ms: number): Millis {
  return ms as Millis;
}

type Base = Pick<NodeDefinition, "id" | "label" | "dependsOn" | "fault">;

function task(chance: Chance, base: Base, place: Place): TaskDefinition {
  const action = actionOf(chance, place);
  const sets = chance.pick([
    ["n", "variables.n + 1"],
    ["n", "variables.n + 2"],
    ["last", "result"],
    ["last", "result.nothing"],
  ] as const);
  return {
    ...base,
    type: "task",
    action,
    result: chance.pick(["json", "json", "none"]),
    environment: {},
    files: { in: [], out: [] },
    needs: {
      labels: chance.is(0.1) ? ["big"] : chance.is(0.004) ? ["nowhere"] : [],
      cpus: chance.is(0.1) ? 2 : 0,
      memoryBytes: chance.is(0.05) ? 2 ** 31 : 0,
      gpus: 0,
      exclusive: chance.is(0.05),
      agent: chance.is(0.03) ? template("machine-0") : null,
    },
    compensate: action.kind !== "approve" && chance.is(0.35) ? { kind: "noop" } : null,
    set: chance.is(0.25) ? { [sets[0]]: expression(sets[1]) } : {},
  };
}

function actionOf(chance: Chance, place: Place): TaskAction {
  if (chance.is(0.07)) return { kind: "approve", question: template("go on?") };
  if (chance.is(0.03)) return { kind: "run", script: template("echo {{ 1 / 0 }}"), shell: "sh" };
  if (chance.is(0.3)) return { kind: "run", script: template(`echo {{ ${anyName(chance, place)} }}`), shell: "sh" };
  return { kind: "noop" };
}

function anyName(chance: Chance, place: Place): string {
  const names = ["variables.n", "level", ...place.inputs.map((input) => `inputs.${input}`)];
  if (place.isInLoop) names.push("iteration");
  if (place.isInItem) names.push("index");
  return chance.pick(names);
}

function condition(chance: Chance, place: Place, before: readonly NodeDefinition[]): Expression {
  const sources = ["level > 0", "level < 0", "variables.n > 1", "variables.n < 2", "variables.last"];
  if (place.isInLoop) sources.push("iteration > 1", "iteration < 2");
  if (place.isInItem) sources.push("index < 1");
  for (const input of place.inputs) sources.push(`inputs.${input} > 4`);
  const other = before.at(-1);
  if (other !== undefined) sources.push(`nodes.${other.id}.state == "completed"`);
  if (other?.type === "parallel") sources.push(`nodes.${other.id}.completed > 1`, `nodes.${other.id}.failed < 1`);
  if (other?.type === "loop") sources.push(`nodes.${other.id}.iterations > 1`);
  return expression(chance.pick(sources));
}

/** No more children are asked for than there are. */
function parallel(chance: Chance, most: number): Pick<ParallelDefinition, "join" | "maxConcurrency"> {
  const drawn = chance.pick<JoinPolicy["threshold"]>([
    { kind: "all" },
    { kind: "all" },
    { kind: "any" },
    { kind: "count", count: 1 + chance.below(3) },
    { kind: "percent", percent: chance.pick([10, 34, 50, 67, 100]) },
  ]);
  const threshold = drawn.kind === "count" && drawn.count > most ? ({ kind: "any" } as const) : drawn;
  return {
    join: { threshold, rest: chance.is(0.5) ? "cancel" : "finish" },
    maxConcurrency: chance.is(0.35) ? 1 + chance.below(2) : null,
  };
}

/** All at once, or some after others. */
function plainParallel(writer: Writer, base: Base, place: Place, count: number): NodeDefinition {
  const nodes = graph(writer, place, count);
  const most = nodes.filter((one) => !isStandby(one, nodes)).length;
  return { ...base, ...parallel(writer.chance, most), type: "parallel", forEach: null, nodes };
}

function isStandby({ id }: NodeDefinition, nodes: readonly NodeDefinition[]): boolean {
  return nodes.some(({ fault: { then } }) => then.kind === "runAlternative" && then.id === id);
}

function loop(chance: Chance): Pick<LoopDefinition, "repeat" | "maxIterations"> {
  const repeat = chance.pick<LoopDefinition["repeat"]>([
    { kind: "times", times: chance.below(3) },
    { kind: "times", times: expression("1 + 1") },
    { kind: "while", condition: expression("iteration < 2") },
    { kind: "while", condition: expression("variables.n < 3") },
    { kind: "until", condition: expression("iteration > 1") },
    { kind: "until", condition: expression("variables.n > 2") },
    { kind: "until", condition: expression("variables.last") },
  ]);
  return { repeat, maxIterations: chance.pick([2, 4, 5]) };
}

function subworkflow(
  writer: Writer,
  place: Place,
  count: number,
): Pick<SubworkflowDefinition, "type" | "workflow" | "with" | "definition"> {
  const { chance } = writer;
  const inputs = chance.is(0.5) ? ["k"] : [];
  const inside = { depth: place.depth, isInLoop: false, isInItem: false, inputs };
  writer.files += 1;
  const name = `sub-${String(writer.files)}`;
  const definition = workflow(writer, name, inside, count);
  const value = chance.pick([
    3,
    5,
    template("{{ variables.n }}"),
    template("{{ level }}"),
    template("{{ variables.last }}"),
  ]);
  return { type: "subworkflow", workflow: name, with: inputs.length === 0 ? {} : { k: value }, definition };
}
