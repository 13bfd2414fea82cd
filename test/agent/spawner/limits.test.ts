import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptSpec } from "#core/model/attempt.ts";
import { specOf, type TestLink } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";

const MIB = 2 ** 20;
/** Takes so many MiB and uses them. */
const take = (mib: number): string => `dd if=/dev/zero of=/dev/null bs=${String(mib)}M count=1`;
/** The folder of its own group. */
const GROUP = `"$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)$(sed -n 's/^0:://p' /proc/self/cgroup)"`;

async function run(link: TestLink, path: string, script: string, more: Partial<AttemptSpec>): Promise<unknown> {
  const spec = specOf(path, script, { result: "lines", ...more });
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  if (outcome.kind === "success") return outcome.result;
  return outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.kind;
}

test("[FLEET-10] an attempt that uses more memory than it asked for fails and says so, where control groups limit it", async (context) => {
  const world = await makeWorld(context);
  const limits = limitsOf(world.agent.log.all);
  if (!limits.includes("memory")) {
    context.skip("no control group here can limit memory");
    return;
  }
  const link = await world.connect();
  const asked = { memoryBytes: 64 * MIB };
  const message = "memory: the attempt used more than the 64 MiB of memory it asked for, and was ended";
  assert.equal(await run(link, "alone", take(200), asked), message);
  // Each of them fits, together they do not; and who survives the first kill is ended as well.
  const three = "for i in 1 2 3; do dd if=/dev/zero of=/dev/null bs=30M count=100000 & done; wait; echo done";
  assert.equal(await run(link, "together", three, asked), message);
  assert.deepEqual(await run(link, "fits", `${take(20)} 2>/dev/null; echo fits`, asked), ["fits"]);
  assert.deepEqual(await run(link, "unlimited", `${take(200)} 2>/dev/null; echo fits`, {}), ["fits"]);
});

test("[FLEET-10] an attempt gets the CPU time it asked for and no more, where control groups limit it", async (context) => {
  const world = await makeWorld(context);
  const limits = limitsOf(world.agent.log.all);
  if (!limits.includes("cpu")) {
    context.skip("no control group here can limit CPU time");
    return;
  }
  const link = await world.connect();
  const read = `cd ${GROUP}; cat cpu.max; ( timeout 1 sh -c 'while :; do :; done' || : ); sed -n 's/nr_throttled //p' cpu.stat`;
  const found = await run(link, "half", read, { cpus: 0.5 });
  const [max, throttled] = Array.isArray(found) ? found.map(String) : [];
  assert.equal(max, "50000 100000", JSON.stringify(found));
  assert.ok(Number(throttled) > 0, "it never had to wait for its next share");
});

test("[FLEET-10] without control groups each process of an attempt may take the memory it asked for and no more", async (context) => {
  if (process.platform !== "linux") {
    context.skip("only Linux holds a process to a limit of its data");
    return;
  }
  const world = await makeWorld(context, "--no-cgroups");
  const link = await world.connect();
  const asked = { memoryBytes: 64 * MIB };
  assert.match(String(await run(link, "alone", take(200), asked)), /^exit: .*exhausted/s);
  assert.deepEqual(await run(link, "fits", `${take(20)} 2>/dev/null; echo fits`, asked), ["fits"]);
  assert.deepEqual(await run(link, "unlimited", `${take(200)} 2>/dev/null; echo fits`, {}), ["fits"]);
});

test("[FLEET-10] the agent says once, at its start, how it holds attempts together", async (context) => {
  const world = await makeWorld(context, "--no-cgroups");
  const grouped = await world.addAgent("grouped");
  const said = (lines: readonly string[]): number => lines.filter((line) => /control group/.test(line)).length;
  assert.deepEqual([said(world.agent.log.all), said(grouped.log.all)], [1, 1]);
  const { msg } = JSON.parse(world.agent.log.all.find((line) => /control group/.test(line)) ?? "{}") as {
    msg?: string;
  };
  assert.match(msg ?? "", /^no control groups: memory is limited a process at a time/);
});

function limitsOf(lines: readonly string[]): readonly string[] {
  const line = lines.find((each) => /control group of its own/.test(each));
  const { limits = [] } = JSON.parse(line ?? "{}") as { limits?: readonly string[] };
  return limits;
}
