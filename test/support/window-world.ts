import type { RunId } from "#core/model/id.ts";
import { isFinalRunState } from "#main/cli/states.ts";
import type { RealWindow } from "./real-window.ts";

/** Workflows that show every state and kind of node within seconds. */
export const WORLD_LIBRARY: Readonly<Record<string, string>> = {
  steps: `lanweave: 1
name: steps
description: Lists, works on each and joins.
inputs:
  count: { type: integer, default: 6, minimum: 1, maximum: 50, description: How many parts there are. }
  colour: { type: string, default: ember, enum: [ember, frost, grey] }
  note: { type: string, default: "", description: Written beside the result. }
nodes:
  - id: list
    label: Number the parts
    type: task
    run: seq {{ inputs.count }}; printf '\\033[32mready\\033[0m\\n'
  - id: parts
    label: Parts
    type: parallel
    dependsOn: [list]
    forEach: "[1, 2, 3, 4, 5, 6]"
    nodes:
      - id: part
        type: pipeline
        nodes:
          - { id: work, label: Work, type: task, argv: [sh, -c, 'echo part {{ item }}; echo part > part-{{ item }}.txt'], files: { out: ["*.txt"] } }
          - { id: check, label: Check, type: task, noop: {} }
  - { id: join, label: Join, type: task, dependsOn: [parts], run: echo joined }
`,
  fails: `lanweave: 1
name: fails
nodes:
  - { id: try, label: Try, type: task, run: 'echo about to fail >&2; exit 3', fault: { retry: 1, backoff: { type: fixed, delay: 10ms } } }
  - { id: after, label: After it, type: task, dependsOn: [try], noop: {} }
`,
  asks: `lanweave: 1
name: asks
nodes:
  - { id: build, label: Build, type: task, run: echo built }
  - { id: go-on, label: Go on?, type: task, dependsOn: [build], approve: Publish it? }
  - { id: publish, label: Publish, type: task, dependsOn: [go-on], noop: {} }
`,
  slow: `lanweave: 1
name: slow
nodes:
  - id: all
    label: All of them
    type: parallel
    forEach: "[1, 2, 3, 4, 5, 6]"
    nodes: [{ id: nap, label: Nap, type: task, run: sleep 5 }]
`,
  broken: `lanweave: 1
name: broken
nodes:
  - id: first
    type: task
    comand: echo hello
`,
};

/** A workflow of `groups` containers of `tasks` tasks each, which do nothing, in one more container. */
export function largeWorkflow(groups: number, tasks: number): string {
  const task = (_: unknown, index: number): object => ({ id: `t${index}`, type: "task", noop: {} });
  const group = (_: unknown, index: number): object => ({
    id: `g${index}`,
    type: "parallel",
    nodes: Array.from({ length: tasks }, task),
  });
  const all = { id: "all", type: "parallel", nodes: Array.from({ length: groups }, group) };
  return JSON.stringify({ lanweave: 1, name: "large", nodes: [all] });
}

/** Starts a run of a library's workflow. */
export async function startRun(window: RealWindow, name: string): Promise<RunId> {
  return (await window.ask("run.start", { source: { kind: "library", name }, inputs: {} })).run;
}

/** Starts a run and waits until it is over. */
export async function playRun(window: RealWindow, name: string): Promise<RunId> {
  const run = await startRun(window, name);
  await window.until(run, (head) => isFinalRunState(head.state));
  return run;
}
