// Compiled by types.test.ts: what is inferred is exactly this.
import {
  type Json,
  type NodeResult,
  conditional,
  failure,
  loop,
  parallel,
  pipeline,
  subworkflow,
  success,
  task,
  workflow,
  WorkflowEngine,
} from "#main/sdk/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function check<A, B>(_: Same<A, B>): void {}

const text = task("text", () => "x");
const number = task("number", { dependsOn: [text] }, async (ctx) => {
  check<typeof ctx.results, { readonly text: string }>(true);
  // @ts-expect-error Property 'txet' does not exist
  void ctx.results.txet;
  return ctx.results.text.length;
});
const nothing = task("nothing", () => {});
const told = task("told", (): NodeResult<boolean> => (text.id === "text" ? success(true) : failure("no")));
const skipped = task("skipped", { fault: { then: "skip" } }, () => 1);
const lines = task("lines", { run: "ls", result: "lines" });
const shell = task("shell", { argv: ["date"] });
const json = task("json", { run: "cat x.json", result: "json" });
const ask = task("ask", { approve: "Go on?" });

const built = workflow(
  {
    name: "typed",
    inputs: {
      width: { type: "integer" },
      mode: { type: "string", enum: ["fast", "good"], default: "good" },
      list: { type: "list", default: [] },
    },
    variables: { done: 0, names: ["a"] },
    outputs: {
      width: "inputs.width",
      done: "variables.done",
      twice: "inputs.width * 2",
      both: "nodes.both.result",
      last: "nodes.last.result",
    },
  },
  ({ task, parallel, pipeline }) => {
    const first = task("first", (ctx) => {
      check<typeof ctx.inputs.width, number>(true);
      check<typeof ctx.inputs.mode, "fast" | "good">(true);
      check<typeof ctx.inputs.list, readonly Json[]>(true);
      ctx.variables.set("done", ctx.variables.get("done") + 1);
      ctx.variables.set("names", [...ctx.variables.get("names"), "b"]);
      // @ts-expect-error not assignable to parameter of type '"done" | "names"'
      ctx.variables.set("dnoe", 1);
      // @ts-expect-error not assignable to parameter of type 'number'
      ctx.variables.set("done", "1");
      // @ts-expect-error Property 'widht' does not exist
      return ctx.inputs.widht;
    });
    return [parallel("both", [text, lines]), pipeline("last", [first, told])];
  },
);

const each = workflow({
  name: "each",
  nodes: [
    parallel("items", [text, number], { forEach: [1, 2] }),
    conditional("either", { if: true, then: [text], else: [shell] }),
    conditional("maybe", { if: true, then: [text] }),
    loop("again", [lines], { times: 2 }),
    subworkflow("sub", built, { with: { width: 3 } }),
    skipped,
    nothing,
    json,
    ask,
  ],
  outputs: {
    items: "nodes.items.result",
    either: "nodes.either.result",
    maybe: "nodes.maybe.result",
    again: "nodes.again.result",
    sub: "nodes.sub.result",
    skipped: "nodes.skipped.result",
    nothing: "nodes.nothing.result",
    json: "nodes.json.result",
    ask: "nodes.ask.result",
  },
});

export async function run(): Promise<void> {
  const engine = new WorkflowEngine(built);
  // @ts-expect-error Expected 1 arguments
  await engine.execute();
  // @ts-expect-error Type 'string' is not assignable to type 'number'
  await engine.execute({ width: "3" });
  // @ts-expect-error Type '"quick"' is not assignable
  await engine.execute({ width: 3, mode: "quick" });
  const result = await engine.execute({ width: 3 });
  // @ts-expect-error Property 'outputs' does not exist
  void result.outputs;
  if (!result.ok) return;
  check<typeof result.outputs.width, number>(true);
  check<typeof result.outputs.done, number>(true);
  check<typeof result.outputs.twice, Json>(true);
  check<typeof result.outputs.both, { readonly text?: string; readonly lines?: readonly string[] }>(true);
  check<typeof result.outputs.last, boolean>(true);

  const other = await new WorkflowEngine(each).execute();
  if (!other.ok) return;
  check<typeof other.outputs.items, readonly number[]>(true);
  check<typeof other.outputs.either, string>(true);
  check<typeof other.outputs.maybe, string | null>(true);
  check<typeof other.outputs.again, readonly string[]>(true);
  check<typeof other.outputs.sub.done, number>(true);
  check<typeof other.outputs.skipped, number | null>(true);
  check<typeof other.outputs.nothing, null>(true);
  check<typeof other.outputs.json, Json>(true);
  check<typeof other.outputs.ask, boolean>(true);
}

// Types that are lost would be `any`, and this would fit.
// @ts-expect-error Argument of type 'true' is not assignable to parameter of type 'false'
check<typeof text, typeof shell>(true);
// @ts-expect-error Argument of type 'true' is not assignable to parameter of type 'false'
check<typeof text.facts, unknown>(true);
void pipeline;
