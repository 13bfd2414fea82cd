import assert from "node:assert/strict";
import { test } from "node:test";
import type { Millis } from "#core/model/id.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { RUN, specOf } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { eventually } from "#test/support/lines.ts";
import { cpuTicks, processesWith, isHeld } from "#test/support/processes.ts";
import { makeScriptWorld, type ScriptWorld } from "#test/support/script-world.ts";

const KEY = (path: string): string => `LANWEAVE_KEY=${RUN}/${path}`;

/** A log line of the script's, once it is there. */
async function said({ link }: ScriptWorld, path: string, message: string): Promise<void> {
  await link.message(
    "report",
    ({ key, report }) => key.path === path && report.kind === "log" && report.message === message,
  );
}

test("[FAULT-6] a script that asks for the signal ends in its own way, and one that does not ends at once", async (context) => {
  const scripts = await makeScriptWorld(context);
  const { start, link } = scripts;
  const files = {
    "polite.ts": `export default async (_: unknown, ctx: any) => {
      ctx.signal.addEventListener("abort", () => { ctx.log.info("closing: " + ctx.signal.reason.message); clearInterval(timer); });
      const timer = setInterval(() => {}, 1000); ctx.log.info("up"); await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)); return 1; };`,
    "deaf.ts": `export default async (_: unknown, ctx: any) => { setInterval(() => {}, 1000); ctx.log.info("up"); await new Promise(() => {}); };`,
    "busy.ts": `export default (_: unknown, ctx: any) => { ctx.log.info("up"); for (;;); };`,
    "stubborn.ts": `export default (_: unknown, ctx: any) => { void ctx.signal; ctx.log.info("up"); for (;;); };`,
  };
  const begun = performance.now();
  for (const name of ["polite", "deaf", "busy"]) {
    const spec = await start(name, { files, module: `${name}.ts` });
    await said(scripts, name, "up");
    link.send({ kind: "stop", keys: [fromAttemptKey(spec.key)], reason: "test" });
    assert.equal(await scripts.outcome(spec), "cancelled");
  }
  assert.ok(performance.now() - begun < 5_000, "none of them waited for SIGKILL");
  await said(scripts, "polite", "closing: the attempt is stopped");
  const timed = await start("stubborn", { files, module: "stubborn.ts" }, { timeoutMs: 300 as Millis });
  assert.match(String(await scripts.outcome(timed)), /^timeout: /);
  assert.deepEqual(
    ["polite", "deaf", "busy", "stubborn"].flatMap((path) => processesWith(KEY(path))),
    [],
  );
});

test("[RUN-3] a frozen script gets no CPU time and its timeout stands still", async (context) => {
  const scripts = await makeScriptWorld(context, "--slots", "1");
  const { start, call, link } = scripts;
  const files = {
    "busy.ts": `import { existsSync } from "node:fs";
      export default (_: unknown, ctx: any) => { ctx.log.info("up"); for (let i = 0; ; i++) if (i % 1000 === 0 && existsSync("stop")) return i; };`,
    "one.ts": "export default () => 1;",
  };
  const spec = await start("a", { files, module: "busy.ts" }, { timeoutMs: 4_000 as Millis });
  await said(scripts, "a", "up");
  link.send({ kind: "freeze", keys: [fromAttemptKey(spec.key)] });
  await link.message("suspended");
  const pids = processesWith(KEY("a"));
  assert.deepEqual(pids.map(isHeld), [true]);
  const ticks = pids.map(cpuTicks);
  // It takes no slot: the only one is free for this.
  assert.equal(await call("b", { files, module: "one.ts" }), 1);
  const from = link.all("heartbeat").length;
  await link.until("heartbeats", () => (link.all("heartbeat").length >= from + 5 ? true : undefined));
  assert.deepEqual(pids.map(cpuTicks), ticks);
  link.send({ kind: "thaw", keys: [fromAttemptKey(spec.key)] });
  await link.message("resumed");
  await eventually("CPU time", 5_000, () =>
    Promise.resolve(pids.every((pid, index) => cpuTicks(pid) > (ticks[index] ?? 0)) || undefined),
  );
  assert.match(String(await scripts.outcome(spec)), /^timeout: /);
});

test("[NODE-10] reports come in order, whole and all, however many, and one that is too large says so", async (context) => {
  const { call, link } = await makeScriptWorld(context);
  const files = {
    "many.ts": `export default (_: unknown, ctx: any) => {
      for (let i = 0; i < 300; i++) ctx.event("e", { i, pad: "é".repeat(2_000) });
      try { ctx.event("big", "x".repeat(70_000)); } catch (error: any) { return error.message; } };`,
  };
  assert.match(
    String(await call("a", { files, module: "many.ts" })),
    /^the data of the event "big" has 70002 characters/,
  );
  const numbers = link
    .all("report")
    .map(({ report }) => (report.kind === "custom" ? (report.data as { readonly i: number }).i : report));
  assert.deepEqual(
    numbers,
    Array.from({ length: 300 }, (_, index) => index),
  );
});

test("[RUN-3] a sleep stands still while it is frozen", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const spec = specOf("s", "", { action: { kind: "sleep", durationMs: 2_000 as Millis } });
  link.assign(spec);
  await link.message("started");
  const startedAt = performance.now();
  link.send({ kind: "freeze", keys: [fromAttemptKey(spec.key)] });
  await link.message("suspended");
  const frozenAt = performance.now();
  const from = link.all("heartbeat").length;
  await link.until("heartbeats", () => (link.all("heartbeat").length >= from + 3 ? true : undefined));
  assert.deepEqual(link.all("ended"), []);
  const frozenMs = performance.now() - frozenAt;
  link.send({ kind: "thaw", keys: [fromAttemptKey(spec.key)] });
  const { executionMs } = await link.outcome(spec.key);
  const allMs = performance.now() - startedAt;
  assert.ok(allMs >= 1_900 + frozenMs, `${allMs} ms in all, of which ${frozenMs} ms frozen`);
  assert.ok(executionMs >= 1_990 && executionMs <= allMs - frozenMs + 100, `${executionMs} ms are counted`);
});
