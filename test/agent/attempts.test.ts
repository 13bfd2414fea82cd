import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { EpochMs, Millis } from "#core/model/id.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { RUN, isSame, keyOf, specOf } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { eventually } from "#test/support/lines.ts";
import { cpuTicks, isHeld, processesWith } from "#test/support/processes.ts";

const KEY = (path: string): string => `LANWEAVE_KEY=${RUN}/${path}`;

test("[FLEET-10] a task runs and its outcome, output and reports arrive", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const taken = link.takeOutput();
  const script = `echo to-stdout; echo to-stderr >/dev/stderr; echo '{"progress":0.5}' >"$LANWEAVE_REPORT"; echo nonsense >&3`;
  link.assign(specOf("a", script));
  const outcome = await link.outcome(keyOf("a"));
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "to-stdout");
  await link.until("all output", () => (taken.get("a")?.sizeBytes === 20 ? true : undefined));
  assert.deepEqual([taken.get("a")?.stdout, taken.get("a")?.stderr], ["to-stdout\n", "to-stderr\n"]);
  const reports = link.all("report").map(({ report }) => report);
  assert.deepEqual(reports[0], { kind: "progress", progress: 0.5 });
  assert.match(reports[1]?.kind === "log" ? reports[1].message : "", /expected a report .* found "nonsense"/);
});

test("[NODE-10] a task sees the documented environment and nothing of the agent's own", async (context) => {
  process.env["LANWEAVE_TEST_SECRET"] = "secret";
  context.after(() => void delete process.env["LANWEAVE_TEST_SECRET"]);
  const world = await makeWorld(context);
  const link = await world.connect();
  const spec = specOf("a/b", "env", {
    environment: { GIVEN: "1", PATH: "/usr/bin:/bin" },
    result: "lines",
    attempt: 2,
    level: 3,
    readyAt: 1_000 as EpochMs,
  });
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  const lines = outcome.kind === "success" && Array.isArray(outcome.result) ? outcome.result.map(String) : [];
  const names = lines.map((line) => line.split("=")[0] ?? "").sort();
  const expected =
    "GIVEN HOME LANG LANWEAVE_AGENT LANWEAVE_AGENT_ID LANWEAVE_ATTEMPT LANWEAVE_KEY LANWEAVE_LEVEL LANWEAVE_PATH LANWEAVE_PROCESS";
  assert.deepEqual(
    names,
    `${expected} LANWEAVE_READY_AT LANWEAVE_REPORT LANWEAVE_RUN LANWEAVE_STARTED_AT LANWEAVE_STATE LANWEAVE_WORKFLOW PATH PWD TMPDIR`.split(
      " ",
    ),
  );
  const { id } = world.agent.target;
  const wanted = [
    "GIVEN=1",
    "LANWEAVE_AGENT=test agent",
    `LANWEAVE_AGENT_ID=${id}`,
    "LANWEAVE_ATTEMPT=2",
    KEY("a/b"),
    "LANWEAVE_LEVEL=3",
    "LANWEAVE_PATH=a/b",
    "LANWEAVE_READY_AT=1000",
    "LANWEAVE_REPORT=/dev/fd/3",
    `LANWEAVE_RUN=${RUN}`,
    "LANWEAVE_STATE=running",
    "LANWEAVE_WORKFLOW=test",
    "PATH=/usr/bin:/bin",
  ];
  assert.deepEqual(lines.filter((line) => wanted.includes(line)).sort(), wanted);
  const startedAt = Number(lines.find((line) => line.startsWith("LANWEAVE_STARTED_AT="))?.split("=")[1]);
  assert.ok(Math.abs(Date.now() - startedAt) < 60_000, `started at ${startedAt}`);
});

test("[FILE-9] stdout becomes the result as text, JSON, lines or nothing, and failures say why", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const cases: readonly (readonly [string, Partial<AttemptSpec>, unknown])[] = [
    ["printf 'x\\ny\\n\\n'", { result: "text" }, "x\ny"],
    ["printf 'x\\r\\ny\\n'", { result: "lines" }, ["x", "y"]],
    [`echo '{"a":[1]}'`, { result: "json" }, { a: [1] }],
    ["echo ignored", { result: "none" }, null],
    ["echo 'not json'", { result: "json" }, /result: expected JSON on stdout .* found "not json/],
    ["true", { result: "json" }, /result: expected JSON .* found nothing/],
    ["head -c 2000000 /dev/zero | tr '\\0' x", { result: "text" }, /result-too-large: .*at most 1048576 bytes/],
    ["echo first >&2; echo why >&2; exit 3", {}, /exit: .*exit code 3.*\nfirst\nwhy/],
    ["kill -SEGV $$", {}, /signal: .*SIGSEGV/],
    ["echo $undefined_variable", {}, /exit: .*exit code 2/],
    ["", { action: { kind: "argv", argv: ["no-such-program-here"] } }, /not-found: .*"no-such-program-here"/],
    ["", { action: { kind: "argv", argv: ["printf", "%s", "a b"] } }, "a b"],
    ["", { action: { kind: "argv", argv: ["true", "x".repeat(200_000)] } }, /spawn: .*E2BIG/],
    ["", { action: { kind: "argv", argv: ["a\0b"] } }, /spawn: /],
    ["", { action: { kind: "noop" } }, null],
    ["", { action: { kind: "sleep", durationMs: 20 as Millis } }, null],
    [
      "",
      { action: { kind: "script", module: "m.js", export: "e", args: null } },
      /script: the module "m\.js" cannot be loaded: .*Cannot find module 'm\.js'/,
    ],
    ["echo 1e999", { result: "json" }, /result: a number of the result is too large/],
    ["echo '[{\"a\":-1e999}]'", { result: "json" }, /result: a number of the result is too large/],
  ];
  for (const [index, [script, more, expected]] of cases.entries()) {
    const spec = specOf(`n${index}`, script, more);
    link.assign(spec);
    const outcome = await link.outcome(spec.key);
    if (expected instanceof RegExp) {
      assert.match(
        outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : JSON.stringify(outcome),
        new RegExp(expected.source, "s"),
      );
    } else assert.deepEqual(outcome.kind === "success" ? outcome.result : outcome, expected);
  }
});

test("[FLEET-5] two identical orders are carried out once", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const spec = specOf("a", `echo once >> "${world.folder}/count"; cat "${world.folder}/count"`);
  link.assign(spec);
  link.assign(spec);
  await link.outcome(spec.key);
  link.assign(spec);
  const ended = await link.until("outcome told again", () =>
    link.all("ended").length >= 2 ? link.all("ended") : undefined,
  );
  assert.deepEqual(
    ended.map(({ outcome }) => (outcome.kind === "success" ? outcome.result : outcome)),
    ended.map(() => "once"),
  );
  link.send({ kind: "settled", keys: [fromAttemptKey(spec.key)], verdict: "accepted" });
  link.assign(spec);
  assert.equal((await link.message("refused")).code, "settled");
});

test("[RUN-3] a frozen task gets no CPU time, its timeout stands still, and it goes on when thawed", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  // A shell, a child of its group, and one that left the session.
  const busy = "while :; do :; done";
  const script = `(${busy}) & setsid sh -c '${busy}' & i=0; while [ ! -e "${world.folder}/stop" ]; do i=$((i+1)); done; kill %1 || true; echo done`;
  const spec = specOf("a", script, { timeoutMs: 6_000 as Millis });
  link.assign(spec);
  await link.message("started");
  const pids = await eventually("three busy processes", 5_000, () => Promise.resolve(threeBusy()));
  link.send({ kind: "freeze", keys: [fromAttemptKey(spec.key)] });
  await link.message("suspended");
  const before = pids.map(cpuTicks);
  assert.ok(pids.every(isHeld), "not all are stopped");
  // Seven heartbeats: longer than the timeout.
  const from = link.all("heartbeat").length;
  await link.until("heartbeats", () => (link.all("heartbeat").length >= from + 7 ? true : undefined));
  assert.deepEqual(pids.map(cpuTicks), before);
  link.send({ kind: "thaw", keys: [fromAttemptKey(spec.key)] });
  await link.message("resumed");
  await eventually("CPU time", 5_000, () =>
    Promise.resolve(pids.every((pid, index) => cpuTicks(pid) > (before[index] ?? 0)) || undefined),
  );
  link.send({ kind: "stop", keys: [fromAttemptKey(spec.key)], reason: "test" });
  const outcome = await link.outcome(spec.key);
  assert.equal(outcome.kind, "cancelled");
  assert.ok(outcome.executionMs < 6_000, `frozen time counts: ${outcome.executionMs} ms`);
  assert.deepEqual(processesWith(KEY("a")), []);

  function threeBusy(): number[] | undefined {
    const found = processesWith(KEY("a")).filter((pid) => cpuTicks(pid) > 0);
    return found.length >= 3 ? found : undefined;
  }
});

test("[FAULT-6] a timeout ends the whole tree, also what does not listen to SIGTERM", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const spec = specOf("a", "trap '' TERM; (trap '' TERM; setsid sleep 600) & sleep 600 & while :; do sleep 1; done", {
    timeoutMs: 300 as Millis,
  });
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  assert.deepEqual(outcome.kind === "failure" ? outcome.failure.code : outcome, "timeout");
  assert.deepEqual(processesWith(KEY("a")), []);
});

test("[FLEET-10] nothing is left running when an attempt ends, and its working directory goes when it is settled", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.takeOutput();
  const spec = specOf("a", "sleep 600 & setsid sleep 600 >/dev/null 2>&1 & echo done");
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "done");
  assert.deepEqual(processesWith(KEY("a")), []);
  link.send({ kind: "settled", keys: [fromAttemptKey(spec.key)], verdict: "accepted" });
  for (const name of ["work", "logs", "outbox"]) {
    await eventually(`empty ${name}`, 5_000, async () =>
      (await readdir(join(world.agent.data, name))).length === 0 ? true : undefined,
    );
  }
});

test("[RUN-3] a shell that starts one command after the other is found stopped each time, at whatever moment", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const spec = specOf("a", "while :; do /bin/true; done");
  link.assign(spec);
  await link.message("started");
  for (let count = 1; count <= 20; count++) {
    link.send({ kind: "freeze", keys: [fromAttemptKey(spec.key)] });
    await link.until("suspended", () => (link.all("suspended").length >= count ? true : undefined));
    const before = processesWith(KEY("a")).map(cpuTicks);
    assert.deepEqual(processesWith(KEY("a")).map(cpuTicks), before);
    link.send({ kind: "thaw", keys: [fromAttemptKey(spec.key)] });
    await link.until("resumed", () => (link.all("resumed").length >= count ? true : undefined));
  }
  link.send({ kind: "stop", keys: [fromAttemptKey(spec.key)], reason: "test" });
  assert.equal((await link.outcome(spec.key)).kind, "cancelled");
});

test("[FLEET-7] no more processes run at once than there are slots, and a frozen one takes none", async (context) => {
  const world = await makeWorld(context, "--slots", "1");
  const link = await world.connect();
  link.assign(specOf("a", "sleep 600"));
  await link.message("started", (message) => isSame(message.key, keyOf("a")));
  link.assign(specOf("b", "echo b"));
  link.assign(specOf("c", "sleep 600"));
  link.send({ kind: "stop", keys: [fromAttemptKey(keyOf("c"))], reason: "test" });
  assert.equal((await link.outcome(keyOf("c"))).kind, "cancelled");
  assert.equal(link.all("started").length, 1);
  link.send({ kind: "freeze", keys: [fromAttemptKey(keyOf("a"))] });
  assert.equal((await link.outcome(keyOf("b"))).kind, "success");
});
