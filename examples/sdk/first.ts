// A first workflow of functions: two tasks at once, an observer, a fault handler, and a picture of how it went.
// node examples/sdk/first.ts    (in a checkout after npm run build)
import {
  Coordinator,
  defaultFaultHandler,
  JoinPolicy,
  MetricsCollector,
  parallel,
  task,
  workflow,
  WorkflowEngine,
  WorkflowVisualizer,
} from "lanweave";

function createSampleWorkflow() {
  // Define the tasks.
  const task1 = task("task1", (ctx) => {
    ctx.metric.counter("documents", 3);
    return "Task 1 completed";
  });

  const task2 = task("task2", (ctx) => {
    // The network is not always there at the first attempt.
    if (ctx.attempt === 1) throw new Error("the server did not answer");
    ctx.metric.counter("documents", 4);
    return "Task 2 completed";
  });

  // Run them at once.
  const both = parallel("parallel", [task1, task2], { join: JoinPolicy.waitForAll });

  // Make an engine for the workflow.
  const engine = new WorkflowEngine(
    workflow({ name: "sample", nodes: [both], outputs: { results: "nodes.parallel.result" } }),
  );

  // Add an observer.
  const metricsObserver = new MetricsCollector();
  engine.addObserver(metricsObserver);

  // Set the fault handler.
  const faultHandler = defaultFaultHandler()
    .withRetryLimit(3)
    .withBackoff({ type: "exponential", initial: "50ms", factor: 2, max: "30s" });
  engine.setFaultHandler(faultHandler);

  return { engine, metricsObserver };
}

// Make a coordinator of a fleet. It opens nothing before its first run.
const coordinator = new Coordinator();

// Make the workflow.
const { engine, metricsObserver } = createSampleWorkflow();

// What are functions runs in this process; tasks that are programs could run on the machines of the coordinator.
console.log("For this process only:", coordinator.localTasks(engine).join(", "));

// Run the workflow.
const result = await engine.execute();

if (result.ok) console.log("The workflow is completed:", result.outputs.results);
else console.log("The workflow failed:", result.error.message);
console.log("Documents in all:", metricsObserver.total("documents"));

// Draw how it went.
const visualizer = new WorkflowVisualizer("mermaid");
const diagram = visualizer.generate(engine);
console.log(diagram);
