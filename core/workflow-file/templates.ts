/** A workflow to begin with. `id` names its text for people. */
export interface WorkflowTemplate {
  readonly id: "empty" | "list" | "fanOut" | "approval" | "retry" | "loop";
  /** A workflow file in which `NAME` stands for the workflow's name. */
  readonly text: string;
}

const head = "lanweave: 1\nname: NAME\n";

/** Workflows to begin with: each is sound as it is, and runs on any machine. */
export const WORKFLOW_TEMPLATES: readonly WorkflowTemplate[] = [
  { id: "empty", text: `${head}nodes:\n  - id: first\n    type: task\n    run: echo hello\n` },
  {
    id: "list",
    text: `${head}nodes:
  - id: prepare
    type: task
    run: echo prepared
  - id: work
    type: task
    dependsOn: [prepare]
    run: echo worked
  - id: report
    type: task
    dependsOn: [work]
    run: echo done
`,
  },
  {
    id: "fanOut",
    text: `${head}inputs:
  count: { type: integer, default: 8, minimum: 1, maximum: 1000 }
nodes:
  # Its lines become a list: one item, one task below.
  - id: list
    type: task
    run: seq {{ inputs.count }}
    result: lines
  - id: each
    type: parallel
    dependsOn: [list]
    forEach: nodes.list.result
    join: { percent: 100 }
    nodes:
      - id: work
        type: task
        argv: [echo, "item {{ item }}"]
  - id: join
    type: task
    dependsOn: [each]
    run: echo joined
`,
  },
  {
    id: "approval",
    text: `${head}nodes:
  - id: build
    type: task
    run: echo built
  # Waits here until a person says yes.
  - id: go-on
    type: task
    dependsOn: [build]
    approve: Publish it?
  - id: publish
    type: task
    dependsOn: [go-on]
    run: echo published
`,
  },
  {
    id: "retry",
    text: `${head}onFailure: compensate
nodes:
  - id: reserve
    type: task
    run: echo reserved
    # Runs when something after it fails for good.
    compensate: { run: echo released }
  - id: charge
    type: task
    dependsOn: [reserve]
    run: echo charged
    fault: { retry: 3, backoff: { type: exponential, initial: 1s, max: 30s }, timeout: 1m }
`,
  },
  {
    id: "loop",
    text: `${head}nodes:
  - id: poll
    type: loop
    times: 3
    nodes:
      - id: look
        type: task
        run: echo looked
      - id: wait
        type: task
        dependsOn: [look]
        sleep: 1s
`,
  },
];
