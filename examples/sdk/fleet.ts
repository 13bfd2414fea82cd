// The same kind of workflow on a fleet: tasks are programs, and agents carry them out, here two of this machine.
// node examples/sdk/fleet.ts    (in a checkout after npm run build)
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Coordinator, defaultFaultHandler, MetricsCollector, workflow, WorkflowEngine } from "lanweave";

const squares = workflow(
  {
    name: "squares",
    inputs: { upTo: { type: "integer", default: 5, minimum: 1 } },
    outputs: { squares: "nodes.each.result", sum: "nodes.sum.result" },
  },
  ({ task, parallel }) => {
    const list = task("list", { run: "seq 1 {{ inputs.upTo }}", result: "lines" });
    const square = task("square", { argv: ["awk", "BEGIN { print ARGV[1] ^ 2 }", "{{ item }}"], result: "json" });
    const each = parallel("each", [square], { dependsOn: [list], forEach: "nodes.list.result" });
    const add = "BEGIN { n = split(ARGV[1], list, /[^0-9]+/); while (n) sum += list[n--]; print sum }";
    const sum = task("sum", { dependsOn: [each], argv: ["awk", add, "{{ nodes.each.result }}"], result: "json" });
    return [list, each, sum];
  },
);

const engine = new WorkflowEngine(squares);
const metrics = new MetricsCollector();
engine.addObserver(metrics);
engine.addObserver({ onWorkflowStateChange: (from, to) => console.log(`${from} -> ${to}`) });
engine.setFaultHandler(defaultFaultHandler().withRetryLimit(2));

const data = mkdtempSync(path.join(tmpdir(), "lanweave-example-"));
const coordinator = new Coordinator({ data, local: 2 });
try {
  await coordinator.start();
  console.log("Agents:", (await coordinator.agents()).length);
  const run = await coordinator.run(engine, { upTo: 4 });
  const result = await run.result;
  if (result.ok) console.log("Squares:", result.outputs.squares, "in all", result.outputs.sum);
  else console.log("It failed:", result.error.message);
  console.log(metrics.report());
} finally {
  await coordinator.dispose();
  rmSync(data, { recursive: true });
}
