import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunStep } from "#core/ipc/time-methods.ts";
import type { OrderedNode } from "#core/ipc/topics.ts";
import type { RunId } from "#core/model/id.ts";
import { type ScriptedAgent, MemoryLan } from "#test/support/memory-lan.ts";

const NESTED = `
lanweave: 1
name: nested
variables: { said: nothing }
nodes:
  - { id: a, type: task, argv: [a], set: { said: result } }
  - id: line
    type: pipeline
    dependsOn: [a]
    nodes:
      - { id: one, type: task, argv: [fails], fault: { retry: 1 } }
      - id: each
        type: parallel
        forEach: "[1, 2, 3]"
        nodes:
          - { id: do, type: task, argv: [c] }
          - { id: then, type: task, argv: [d], dependsOn: [do] }
  - id: again
    type: loop
    times: 2
    nodes: [{ id: turn, type: task, argv: [e] }]
  - id: choice
    type: conditional
    dependsOn: [again]
    if: "false"
    then: [{ id: yes, type: task, argv: [f] }]
    else: [{ id: no, type: task, argv: [g] }]
`;

/** Ends what is assigned, and what is assigned because of that. */
async function endAll(lan: MemoryLan, limit = Infinity): Promise<void> {
  const [agent] = lan.agents;
  let failed = false;
  for (let ended = 0; ended < Math.min(limit, agent?.assignments().length ?? 0); ended++) {
    const spec = agent?.assignments()[ended];
    const isToFail: boolean = !failed && spec?.action.kind === "argv" && spec.action.argv[0] === "fails";
    failed ||= isToFail;
    const failure = { kind: "failure", failure: { code: "exit", message: "exit code 1" }, executionMs: 1 } as const;
    agent?.end(spec?.key as Parameters<ScriptedAgent["end"]>[0], isToFail ? failure : undefined);
    await lan.settle();
    if (isToFail) await lan.advance(120_000);
  }
}

async function nestedRun(): Promise<{ readonly lan: MemoryLan; readonly run: RunId; readonly last: number }> {
  const lan = new MemoryLan(1, { nested: NESTED });
  await lan.settle();
  const run = await lan.start("nested");
  await lan.ask("run.pause", { run, mode: "freeze" });
  await lan.advance(5_000);
  await lan.ask("run.resume", { run });
  await endAll(lan);
  const { seq, state } = await lan.show(run);
  assert.equal(state, "completed");
  return { lan, run, last: seq };
}

/** The nodes that a window has, changed as it changes them. */
class Copy {
  readonly nodes = new Map<string, OrderedNode>();
  head: RunStep["head"] | null = null;

  take({ head, upsert, remove }: RunStep): void {
    this.head = head;
    for (const node of upsert) this.nodes.set(node.path, node);
    for (const path of remove) this.nodes.delete(path);
  }

  line(): object {
    const nodes = [...this.nodes.values()].toSorted((one, other) => compare(one.order, other.order));
    return { kind: "run", ...this.head, nodes: nodes.map(({ order: _, ...node }) => node) };
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((part, at) => part !== other[at]);
  return index === -1 ? one.length - other.length : (one[index] ?? 0) - (other[index] ?? -1);
}

test("[SNAP-4] a step between any two instants, either way, gives what the run was at the second", async () => {
  const { lan, run, last } = await nestedRun();
  const lines = [];
  for (let at = 1; at <= last; at++) lines.push(await lan.ask("run.show", { run, at }));
  const forward = Array.from({ length: last }, (_, index) => index + 1);
  const jumps = Array.from({ length: 60 }, (_, index) => ((index * 37) % last) + 1);
  const copy = new Copy();
  let from: number | null = null;
  for (const to of [...forward, ...forward.toReversed(), ...jumps]) {
    copy.take(await lan.ask("run.step", { run, from, to }));
    assert.deepEqual(copy.line(), lines[to - 1], `from ${String(from)} to ${String(to)}`);
    from = to;
  }
});

test("[SNAP-4] a step tells what changed and nothing else", async () => {
  const { lan, run, last } = await nestedRun();
  const { nodes } = await lan.show(run);
  const step = await lan.ask("run.step", { run, from: last - 1, to: last });
  assert.ok(step.upsert.length < nodes.length / 2, String(step.upsert.length));
  const none = await lan.ask("run.step", { run, from: last, to: last });
  assert.deepEqual([none.upsert, none.remove, none.next], [[], [], null]);
  await assert.rejects(lan.ask("run.step", { run, from: null, to: last + 1 }), /events 1 to/);
});

test("[SNAP-4] waiting nodes that a watcher was told of lose the reasons of the moment", async () => {
  const lan = new MemoryLan(0, { nested: NESTED });
  await lan.settle();
  const run = await lan.start("nested");
  const { seq, nodes } = await lan.show(run);
  const queued = nodes.filter((node) => node.phase === "queued").map((node) => node.path);
  assert.ok(queued.length > 0);
  const step = await lan.ask("run.step", { run, from: seq, to: seq, told: true });
  assert.deepEqual(step.upsert.map((node) => node.path).sort(), queued.toSorted());
});

test("[SNAP-4] a step too long for one answer comes in parts", async () => {
  const result = "x".repeat(700_000);
  const lan = new MemoryLan(1, { nested: NESTED });
  await lan.settle();
  const run = await lan.start("nested");
  const [agent] = lan.agents;
  for (let ended = 0; ended < (agent?.assignments().length ?? 0); ended++) {
    const key = agent?.assignments()[ended]?.key as Parameters<ScriptedAgent["end"]>[0];
    agent?.end(key, { kind: "success", result, files: [], executionMs: 1 });
    await lan.settle();
  }
  const whole = await lan.show(run);
  const copy = new Copy();
  let parts = 0;
  for (let first: number | null = 0; first !== null; parts++) {
    const part: RunStep = await lan.ask("run.step", { run, from: null, to: whole.seq, first });
    assert.ok(JSON.stringify(part).length < 4 * 1024 * 1024);
    copy.take(part);
    first = part.next;
  }
  assert.ok(parts > 1, String(parts));
  assert.deepEqual(copy.line(), whole);
});

test("[SNAP-4] the timeline of a run that grows is told from where it was", async () => {
  const lan = new MemoryLan(1, { nested: NESTED });
  await lan.settle();
  const run = await lan.start("nested");
  const early = await lan.ask("run.timeline", { run });
  assert.equal(early.seq, early.last);
  await lan.ask("run.pause", { run, mode: "freeze" });
  await lan.ask("run.resume", { run });
  await endAll(lan);
  const count = early.buckets.length;
  const late = await lan.ask("run.timeline", { run, have: { size: early.size, count: count - 1 } });
  assert.equal(late.first, count - 1);
  const whole = await lan.ask("run.timeline", { run });
  assert.deepEqual([...early.buckets.slice(0, -1), ...late.buckets], whole.buckets);
  assert.equal(whole.pauses.length, 1);
  const events = await lan.ask("run.events", { run, after: 0, limit: 10_000 });
  const failed = events.filter((event) => event.to === "failed").map((event) => event.seq);
  assert.deepEqual(whole.failures, failed);
  assert.equal(failed.length, 1);
});

test("[SNAP-4] two instants are compared by what differs between them", async () => {
  const { lan, run, last } = await nestedRun();
  const one = await lan.ask("run.show", { run, at: 1 });
  const whole = await lan.ask("run.compare", { run, before: 1, after: last });
  const end = await lan.show(run);
  const stateOf = (line: typeof end, path: string) => line.nodes.find((node) => node.path === path)?.state;
  for (const { path, before, after } of whole.nodes) {
    assert.equal(before?.state, stateOf(one, path));
    assert.equal(after?.state, stateOf(end, path));
  }
  assert.deepEqual(whole.variables, [{ name: "said", before: '"nothing"', after: '"done"' }]);
  const paths = whole.nodes.map(({ path }) => path);
  const expected = [...new Set([...end.nodes, ...one.nodes].map(({ path }) => path))];
  assert.deepEqual(paths.toSorted(), expected.toSorted());
  const back = await lan.ask("run.compare", { run, before: last, after: 1 });
  assert.equal(back.total, whole.total);
  assert.deepEqual((await lan.ask("run.compare", { run, before: last, after: last })).nodes, []);
});
