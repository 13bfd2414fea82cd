import { z } from "zod";
import { DURATION_PATTERN, SIZE_PATTERN } from "./units.ts";

/** Rule FILE-2. */
export const ID_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** Stands for an id that is missing or unsound, while the rest of its node is checked. */
export const STAND_IN_ID = "unnamed";
/** Names that would be taken for something else by an expression. */
export const FORBIDDEN_NAMES: readonly string[] = ["constructor", "prototype", "__proto__"];

const id = z
  .string()
  .regex(ID_PATTERN, "expected a letter, then at most 63 letters, digits, - or _")
  .describe("Unique among its siblings.");
const name = id.refine(
  (value) => !FORBIDDEN_NAMES.includes(value),
  `expected a name other than ${FORBIDDEN_NAMES.join(", ")}`,
);
const DURATION_EXPECTED = "expected a duration such as 250ms, 30s, 5m or 2h";
const duration = z
  .string(DURATION_EXPECTED)
  .regex(DURATION_PATTERN, DURATION_EXPECTED)
  .describe("A duration: 250ms, 30s, 5m, 2h.");
const SIZE_EXPECTED = "expected a size such as 512KiB, 1GiB or a whole number of bytes";
const size = z
  .union([z.int().min(0), z.string().regex(SIZE_PATTERN, SIZE_EXPECTED)], SIZE_EXPECTED)
  .describe("A size: 512KiB, 1GiB, or bytes.");
const oneOrMore = (item: z.ZodType<string>) => z.union([item, z.array(item)], "expected text or a list of texts");
const expression = z
  .union([z.string(), z.number(), z.boolean()], "expected an expression")
  .describe("An expression (CEL), without {{ }}.");
const template = z.string().describe("Text; {{ expression }} is substituted.");
const word = z
  .union([z.string(), z.number(), z.boolean()], "expected text, a number, true or false")
  .describe("Text; {{ expression }} is substituted.");
const tree = z.unknown().describe("Any value; {{ expression }} is substituted in its texts.");
const shell = z.enum(["sh", "bash", "pwsh"]);
const resultKind = z.enum(["text", "json", "lines", "none"]).describe("How standard output becomes the node's result.");

const backoff = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("fixed"), delay: duration }),
    z.strictObject({
      type: z.literal("exponential"),
      initial: duration,
      factor: z.number().min(1).max(1000).optional(),
      max: duration.optional(),
    }),
    z.strictObject({ type: z.literal("random"), min: duration, max: duration }),
  ],
  "expected fixed, exponential or random",
);

const faultThen = z.union(
  [
    z.enum(["abort", "skip"]),
    z.strictObject({ runAlternative: id }),
    z.strictObject({ compensateAndRetry: z.int().min(1).max(100) }),
  ],
  "expected abort, skip, { runAlternative: id } or { compensateAndRetry: n }",
);

const fault = z.strictObject({
  retry: z.int().min(0).max(1000).optional().describe("Attempts after the first."),
  backoff: backoff.optional(),
  timeout: duration.optional(),
  totalTimeout: duration.optional(),
  then: faultThen.optional(),
  lossLimit: z.int().min(0).max(1000).optional().describe("How often the node may lose its agent."),
});

const needs = z.strictObject({
  labels: oneOrMore(z.string().min(1)).optional(),
  cpus: z.number().min(0).max(4096).optional(),
  memory: size.optional(),
  gpus: z.int().min(0).max(256).optional(),
  exclusive: z.boolean().optional(),
  agent: template.optional().describe("The name or id of the one agent that may run it."),
});

const http = z.strictObject({
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).optional(),
  url: template,
  headers: z.record(z.string(), word).optional(),
  body: tree.optional(),
  expect: z
    .union([z.int().min(100).max(599), z.array(z.int().min(100).max(599))], "expected a status code or a list of them")
    .optional(),
});

const actions = {
  run: template.optional().describe("A shell script; every {{ }} in it is one word."),
  shell: shell.optional(),
  argv: z
    .array(word)
    .min(1, "expected at least the program's name")
    .optional()
    .describe("A program and its arguments, without a shell."),
  script: z
    .strictObject({ module: z.string().min(1), export: z.string().min(1).optional(), args: tree.optional() })
    .optional(),
  http: http.optional(),
  sleep: duration.optional(),
  noop: z.strictObject({}).nullable().optional(),
};

/** The keys of which a task has exactly one. Rule FILE-3. */
export const ACTION_KEYS = ["run", "argv", "script", "http", "sleep", "approve", "noop"] as const;
/** The keys of which a loop has exactly one. Rule NODE-8. */
export const REPEAT_KEYS = ["while", "until", "times"] as const;

const compensate = z.strictObject(actions);

const shared = {
  id,
  label: z.string().max(200).optional(),
  dependsOn: oneOrMore(z.string()).optional().describe("Siblings that must end before it starts."),
  fault: fault.optional(),
};

const task = z
  .strictObject({
    ...shared,
    type: z.literal("task"),
    ...actions,
    approve: template.optional().describe("A question; the task waits for a person."),
    result: resultKind.optional(),
    environment: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable"), word)
      .optional(),
    files: z
      .strictObject({ in: oneOrMore(z.string().min(1)).optional(), out: oneOrMore(z.string().min(1)).optional() })
      .optional(),
    needs: needs.optional(),
    compensate: compensate.optional(),
    set: z.record(name, expression).optional(),
  })
  .meta({ oneOf: ACTION_KEYS.map((key) => ({ required: [key] })) });

const join = z.union(
  [
    z.enum(["all", "any"]),
    z.strictObject({
      all: z.literal(true).optional(),
      any: z.literal(true).optional(),
      count: z.int().min(1).optional(),
      percent: z.number().gt(0).max(100).optional(),
      rest: z.enum(["cancel", "finish"]).optional(),
    }),
  ],
  "expected all, any, { count: n } or { percent: p }, the latter with rest: cancel or finish",
);

function composites<Children extends z.ZodType>(children: Children) {
  return {
    pipeline: z.strictObject({ ...shared, type: z.literal("pipeline"), nodes: children }),
    parallel: z.strictObject({
      ...shared,
      type: z.literal("parallel"),
      forEach: z
        .union([z.string(), z.array(z.unknown())], "expected an expression that yields a list, or a list")
        .optional(),
      join: join.optional(),
      maxConcurrency: z.int().min(1).optional(),
      nodes: children,
    }),
    conditional: z.strictObject({
      ...shared,
      type: z.literal("conditional"),
      if: expression,
      then: children,
      else: children.optional(),
    }),
    loop: z.strictObject({
      ...shared,
      type: z.literal("loop"),
      while: expression.optional(),
      until: expression.optional(),
      times: z.union([z.int().min(0), z.string()], "expected a number or an expression").optional(),
      maxIterations: z.int().min(1).max(1_000_000).optional(),
      nodes: children,
    }),
  };
}

const subworkflow = z.strictObject({
  ...shared,
  type: z.literal("subworkflow"),
  workflow: z.string().min(1).describe("A workflow file, relative to this one, or a name in the library."),
  with: z.record(z.string(), tree).optional(),
});

const input = z.strictObject({
  type: z.enum(["string", "integer", "number", "boolean", "list", "object"]),
  description: z.string().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.unknown()).min(1).optional(),
  pattern: z.string().optional(),
});

function document<Children extends z.ZodType, Input extends z.ZodType>(children: Children, inputs: Input) {
  return z.strictObject({
    $schema: z.string().optional(),
    lanweave: z.literal(1).describe("The version of this format."),
    name: z.string().min(1).max(200),
    description: z.string().optional(),
    inputs: z.record(name, inputs).optional(),
    variables: z.record(name, z.unknown()).optional(),
    defaults: z
      .strictObject({
        fault: fault.optional(),
        needs: needs.optional(),
        environment: task.shape.environment,
        shell: shell.optional(),
        result: resultKind.optional(),
      })
      .optional()
      .describe("Inherited by every task unless it says otherwise."),
    nodes: children,
    outputs: z.record(name, expression).optional(),
    collect: z.record(z.string().min(1), expression).optional().describe("Files brought home at the end."),
    onFailure: z.enum(["stop", "compensate"]).optional(),
  });
}

const anyChildren = z.array(z.unknown()).min(1, "expected at least one node");
const flat = composites(anyChildren);

/** One node without its children, which are checked one by one, so that a broken node does not hide its neighbours' problems. */
export const nodeSchemas = { task, ...flat, subworkflow } as const;
/** A workflow without its nodes and inputs. */
export const documentSchema = document(anyChildren, z.unknown());
export const inputSchema = input;

export type RawTask = z.infer<typeof task>;
export type RawActions = Omit<RawTask, "id" | "type">;
export type RawCompensate = z.infer<typeof compensate>;
export type RawFault = z.infer<typeof fault>;
export type RawNeeds = z.infer<typeof needs>;
export type RawBackoff = z.infer<typeof backoff>;
export type RawJoin = z.infer<typeof join>;
export type RawParallel = z.infer<typeof flat.parallel>;
export type RawConditional = z.infer<typeof flat.conditional>;
export type RawLoop = z.infer<typeof flat.loop>;
export type RawSubworkflow = z.infer<typeof subworkflow>;
export type RawInput = z.infer<typeof input>;
export type RawDocument = z.infer<typeof documentSchema>;

/** The whole file as one schema, nodes inside nodes, and the parts of it that JSON Schema needs to be told more about. */
const node: z.ZodType = z
  .lazy(() => {
    const nested = composites(z.array(node).min(1));
    return z.discriminatedUnion("type", [
      task,
      nested.pipeline,
      nested.parallel,
      nested.conditional,
      nested.loop.meta({ oneOf: REPEAT_KEYS.map((key) => ({ required: [key] })) }),
      subworkflow,
    ]);
  })
  .meta({ id: "node" });
export const wholeSchema = document(z.array(node).min(1), input);
