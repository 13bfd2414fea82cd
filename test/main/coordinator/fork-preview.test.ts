import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId } from "#core/model/id.ts";
import { MemoryLan, type ScriptedAgent } from "#test/support/memory-lan.ts";

const CHAIN = `
lanweave: 1
name: chain
inputs: { n: { type: integer, default: 1 } }
nodes:
  - { id: a, type: task, argv: [make] }
  - { id: b, type: task, argv: [use, "{{ inputs.n }}"], dependsOn: [a] }
  - { id: c, type: task, argv: [other] }
  - id: each
    type: parallel
    forEach: "[1, 2]"
    dependsOn: [b]
    nodes:
      - { id: do, type: task, argv: [do, "{{ item }}"] }
      - { id: then, type: task, argv: [then], dependsOn: [do] }
`;

/** Ends what is assigned, and what is assigned because of that. */
async function endAll(lan: MemoryLan, limit = Infinity): Promise<void> {
  const [agent] = lan.agents;
  for (let at = 0; at < Math.min(limit, agent?.assignments().length ?? 0); at++) {
    agent?.end(agent.assignments()[at]?.key as Parameters<ScriptedAgent["end"]>[0]);
    await lan.settle();
  }
}

function ran(lan: MemoryLan, run: RunId): readonly string[] {
  const paths = lan.agents.flatMap((agent) => agent.assignments()).filter(({ key }) => key.run === run);
  return paths.map(({ key }) => key.path as string).toSorted();
}

async function lanWith(limit?: number): Promise<{ readonly lan: MemoryLan; readonly run: RunId }> {
  const lan = new MemoryLan(1, { chain: CHAIN });
  await lan.settle();
  const run = await lan.start("chain");
  await endAll(lan, limit);
  return { lan, run };
}

const edited = (text: string) => ({ kind: "built", folder: "/", files: [{ name: "chain.yaml", text }] });

test("[SNAP-5] what a fork is said to keep and to do again is what it keeps and does, at every event", async () => {
  const { lan, run } = await lanWith();
  const { seq } = await lan.show(run);
  const changes = [
    { inputs: {} },
    { inputs: { n: 2 } },
    { inputs: {}, source: edited(CHAIN.replace("[other]", "[another]")) },
    { inputs: {}, source: edited(CHAIN.replace("argv: [then]", "argv: [after]")) },
  ];
  for (let at = 1; at <= seq; at += 3)
    for (const change of changes) {
      const params = { run, at, ...change };
      const runs = (await lan.ask("run.list", {})).length;
      const { plan, problems, inputProblems } = await lan.ask("run.fork-preview", params);
      assert.deepEqual([problems, inputProblems], [[], []]);
      assert.equal((await lan.ask("run.list", {})).length, runs);
      const { run: forked } = await lan.ask("run.fork", params);
      await lan.settle();
      const begun = await lan.show(forked);
      const kept = begun.nodes.filter((node) => node.type === "task" && node.keptFrom !== undefined);
      assert.deepEqual(
        plan?.kept.paths,
        kept.map(({ path }) => path),
      );
      await endAll(lan);
      const planned = [...(plan?.again.paths ?? []), ...(plan?.first.paths ?? [])].toSorted();
      // Of a list that is not known yet no items are planned.
      const really = ran(lan, forked).filter((path) => begun.nodes.some((node) => node.path === path));
      assert.deepEqual(planned, really, JSON.stringify(params));
    }
});

test("[SNAP-5] what had begun in the original is done again, what had not is done for the first time", async () => {
  const { lan, run } = await lanWith(1);
  const { plan } = await lan.ask("run.fork-preview", {
    run,
    inputs: {},
    source: edited(CHAIN.replace("[other]", "[x]")),
  });
  const [agent] = lan.agents;
  const ended = agent?.assignments()[0]?.key.path;
  assert.deepEqual(plan?.kept.paths, ended === "c" ? [] : [ended]);
  assert.ok(plan?.again.paths.includes("c" as never));
  assert.equal(plan?.isExact, true);
});

test("[SNAP-5] what is wrong with an edited definition or with inputs is told at its place, and starts nothing", async () => {
  const { lan, run } = await lanWith();
  const broken = await lan.ask("run.fork-preview", {
    run,
    inputs: {},
    source: edited(CHAIN.replace("dependsOn: [a]", "dependsOn: [nobody]")),
  });
  assert.equal(broken.plan, null);
  assert.equal(broken.problems[0]?.line, 7);
  const wrong = await lan.ask("run.fork-preview", { run, inputs: { n: "many" } });
  assert.equal(wrong.plan, null);
  assert.deepEqual(
    wrong.inputProblems.map(({ name }) => name),
    ["n"],
  );
  await assert.rejects(lan.ask("run.fork-preview", { run, at: 4_711, inputs: {} }), /events 1 to/);
});

test("[SNAP-5] the text of a run is that of the library while it says the same, else it is written anew", async () => {
  const { lan, run } = await lanWith();
  const written = await lan.ask("run.text", { run });
  assert.deepEqual([written.text, written.isPrinted, written.files], [CHAIN, false, []]);
  lan.workflows.set("chain", CHAIN.replace("[other]", "[another]"));
  const printed = await lan.ask("run.text", { run });
  assert.equal(printed.isPrinted, true);
  const { plan } = await lan.ask("run.fork-preview", { run, inputs: {}, source: edited(printed.text) });
  assert.deepEqual([plan?.kept.count, plan?.again.count, plan?.first.count], [7, 0, 0]);
});
