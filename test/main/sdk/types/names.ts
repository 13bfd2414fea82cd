// Compiled by types.test.ts. Each directive is followed by what the compiler has to say about the next line.
import { conditional, loop, parallel, pipeline, subworkflow, task, workflow } from "#main/sdk/index.ts";

const one = task("one", (ctx) => `one ${ctx.attempt}`);
const width = { width: { type: "integer", default: 320 } } as const;
const inner = workflow({ name: "inner", inputs: { size: { type: "integer" } }, nodes: [one] });

// Siblings.
parallel("both", [one, task("two", { dependsOn: "one" }, () => 1)]);
parallel("both", [one, task("two", { dependsOn: [one] }, () => 1)]);
// @ts-expect-error "two" names "three", which is no other node beside it
parallel("both", [one, task("two", { dependsOn: "three" }, () => 1)]);
// @ts-expect-error "two" names "two", which is no other node beside it
parallel("both", [one, task("two", { dependsOn: ["one", "two"] }, () => 1)]);
// @ts-expect-error "two" names "one", which is no other node beside it
pipeline("alone", [task("two", { dependsOn: [one] }, () => 1)]);
// @ts-expect-error "two" names "spare", which is no other node beside it
pipeline("p", [task("two", { fault: { then: { runAlternative: "spare" } } }, () => 1)]);
// @ts-expect-error "two" names "one", which is no other node beside it
workflow({ name: "w", nodes: [task("two", { dependsOn: [one] }, () => 1)] });
// @ts-expect-error "two" names "one", which is no other node beside it
conditional("c", { if: true, then: [task("two", { dependsOn: [one] }, () => 1)] });
// @ts-expect-error "c" names "oen", which is no other node beside it
workflow({ name: "w", nodes: [one, conditional("c", { dependsOn: ["oen"], if: true, then: [one] })] });

// Inputs.
workflow({ name: "w", inputs: width, nodes: [task("a", { run: "echo {{ inputs.width }}" })] });
// @ts-expect-error "a" uses inputs.widht, which is not known here
workflow({ name: "w", inputs: width, nodes: [task("a", { run: "echo {{ inputs.widht }}" })] });
// @ts-expect-error "a" uses inputs.width, which is not known here
workflow({ name: "w", nodes: [task("a", { argv: ["echo", "{{ inputs.width + 1 }}"] })] });
// @ts-expect-error "a" uses inputs.widht, which is not known here
workflow({ name: "w", inputs: width, nodes: [task("a", { args: { to: ["{{ inputs.widht }}"] } }, () => 1)] });
// @ts-expect-error uses inputs.widht, which is not known here
workflow({ name: "w", inputs: width, nodes: [one], outputs: { width: "inputs.widht" } });
// @ts-expect-error "a" uses inputs.widht, which is not known here
workflow({ name: "w", inputs: width }, ({ task }) => [task("a", { run: "echo {{ inputs.widht }}" })]);

// Variables: those that are declared, and those that a task writes.
workflow({ name: "w", variables: { best: 0 }, nodes: [one], outputs: { best: "variables.best" } });
workflow({ name: "w", nodes: [task("a", { set: { best: "result" } }, () => 1)], outputs: { best: "variables.best" } });
// @ts-expect-error uses variables.best, which is not known here
workflow({ name: "w", nodes: [one], outputs: { best: "variables.best" } });
// @ts-expect-error "l" uses variables.dnoe, which is not known here
workflow({ name: "w", variables: { done: 0 }, nodes: [loop("l", [one], { while: "variables.dnoe < 3" })] });

// Nodes: siblings, and siblings of what is around.
workflow({ name: "w", nodes: [one, pipeline("p", [task("a", { run: "echo {{ nodes.one.result }}" })])] });
pipeline("p", [loop("poll", [one], { until: "nodes.one.result == nodes.other.result" })]);
// @ts-expect-error "p" uses nodes.oen, which is not known here
workflow({ name: "w", nodes: [one, pipeline("p", [task("a", { run: "echo {{ nodes.oen.result }}" })])] });
// @ts-expect-error "each" uses nodes.list, which is not known here
workflow({ name: "w", nodes: [parallel("each", [one], { forEach: "nodes.list.result" })] });
// @ts-expect-error "c" uses nodes.oen, which is not known here
workflow({ name: "w", nodes: [one, conditional("c", { if: "nodes.oen.completed >= 10", then: [one] })] });
// @ts-expect-error uses nodes.two, which is not known here
workflow({ name: "w", nodes: [one], collect: { "out/": "nodes.two.files" } });

// Around texts in quotes, and in what is long.
workflow({ name: "w", nodes: [one, conditional("c", { if: "nodes.one.result == 'nodes.oen.result'", then: [one] })] });
// @ts-expect-error "c" uses nodes.oen, which is not known here
workflow({ name: "w", nodes: [one, conditional("c", { if: "'x' + 'y' != nodes.oen.result", then: [one] })] });
// @ts-expect-error "c" uses nodes.oen, which is not known here
workflow({ name: "w", nodes: [one, conditional("c", { if: 'size("a b") == 3 && nodes.oen.result', then: [one] })] });
const LONG =
  "nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed + nodes.one.completed";
const LONGER = `${LONG} + ${LONG} + ${LONG} > inputs.widht` as const;
workflow({ name: "w", nodes: [one, conditional("c", { if: LONG, then: [one] })] });
// @ts-expect-error "c" uses inputs.widht, which is not known here
workflow({ name: "w", nodes: [one, conditional("c", { if: LONGER, then: [one] })] });

// What cannot be known is left to the validator: texts in quotes of both kinds, ids made while the program runs.
workflow({ name: "w", nodes: [task("a", { run: `echo {{ 'inputs.x' + "'" }}` })] });
const made = ["a", "b"].map((id) => task(id, { dependsOn: [] }, () => id));
workflow({ name: "w", nodes: [...made, task("last", { dependsOn: ["b"] }, () => 1)] });

// Options and the inputs of workflows inside.
// @ts-expect-error 'jion' does not exist
parallel("both", [one], { jion: "all" });
// @ts-expect-error 'dependOn' does not exist
task("a", { dependOn: "one" }, () => 1);
subworkflow("s", inner, { with: { size: 3 } });
subworkflow("s", inner, { with: { size: "{{ inputs.width }}" } });
// @ts-expect-error not assignable
subworkflow("s", inner, { with: { size: "3" } });
// @ts-expect-error this workflow has inputs without a default: give them in `with`
subworkflow("s", inner);
// @ts-expect-error "s" uses inputs.widht, which is not known here
workflow({ name: "w", inputs: width, nodes: [subworkflow("s", inner, { with: { size: "{{ inputs.widht }}" } })] });
