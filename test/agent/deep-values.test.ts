import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { readOutbox } from "#agent/runner/outbox.ts";
import type { Json } from "#core/base/json.ts";
import type { Sha256 } from "#core/model/id.ts";
import { fromAttemptSpec } from "#core/protocol/convert.ts";
import { LINK_EVENT } from "#core/protocol/link-wire.ts";
import { MAX_JSON_DEPTH } from "#core/protocol/limits.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { keyOf, specOf, type TestLink } from "#test/support/agent-link.ts";
import { makeFolder, silentLog } from "#test/support/agent-process.ts";
import { type AgentWorld, makeWorld } from "#test/support/agent-world.ts";

/** Prints lists in each other, `count` of them. */
function printNested(count: number): string {
  return `head -c ${count} /dev/zero | tr '\\0' '['; head -c ${count} /dev/zero | tr '\\0' ']'`;
}

async function outcomeOf(
  link: TestLink,
  path: string,
  ...more: Parameters<typeof specOf> extends [string, ...infer Rest] ? Rest : never
) {
  link.assign(specOf(path, ...more));
  const outcome = await link.outcome(keyOf(path));
  return outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.kind;
}

test("[NODE-11] a result nested too deep fails its attempt, and the link and the agent live on", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const tooDeep = /^result: .*at most 256 levels deep/;
  for (const count of [MAX_JSON_DEPTH + 1, 3_600, 200_000, 1_000_000]) {
    assert.match(await outcomeOf(link, `deep-${count}`, printNested(count), { result: "json" }), tooDeep);
  }
  assert.equal(await outcomeOf(link, "just", printNested(MAX_JSON_DEPTH), { result: "json" }), "success");
  assert.equal(link.closedWith, undefined);
});

test("[NODE-11] an answer of a server that is nested too deep fails its attempt", async (context) => {
  const server = createServer((_request, response) => response.end("[".repeat(300) + "]".repeat(300)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const world = await makeWorld(context);
  const link = await world.connect();
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const action = { kind: "http", method: "GET", url, headers: {}, body: null, expect: [] } as const;
  assert.match(await outcomeOf(link, "a", "", { action, result: "json" }), /^result: .*at most 256 levels deep/);
});

test("[NODE-10] a report nested too deep is dropped with a warning, and the agent lives on", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const report = (count: number): string =>
    `{ printf '{"event":"e","data":'; ${printNested(count)}; echo '}'; } >"$LANWEAVE_REPORT"`;
  const script = [MAX_JSON_DEPTH + 1, 3_600, 30_000, MAX_JSON_DEPTH].map(report).join("\n");
  assert.equal(await outcomeOf(link, "a", script), "success");
  const reports = await link.until("four reports", () => {
    const all = link.all("report").map(({ report: one }) => one);
    return all.length >= 4 ? all : undefined;
  });
  const told = reports.map((one) => (one.kind === "log" ? `${one.level}: ${one.message}` : one.kind));
  assert.equal(told[3], "custom");
  for (const one of told.slice(0, 3)) assert.match(one, /^warning: .*at most 256 levels deep/);
  assert.equal(link.closedWith, undefined);
});

test("[RUN-8] an outcome kept on the disk that no app could take is not told again", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const entry = (path: string, result: string): string =>
    `{"app":"${"a".repeat(16)}","key":{"run":"r","path":"${path}","fence":1},"outcome":{"kind":"success","result":${result},"files":[],"executionMs":1}}`;
  const nested = (count: number): string => "[".repeat(count) + "]".repeat(count);
  await writeFile(join(folder.path, "deep.json"), entry("deep", nested(MAX_JSON_DEPTH + 1)));
  await writeFile(join(folder.path, "just.json"), entry("just", nested(MAX_JSON_DEPTH)));
  const kept = await readOutbox(folder.path, silentLog);
  assert.deepEqual(
    kept.map(({ key }) => key.path),
    ["just"],
  );
});

test("[FLEET-2] a message nested too deep closes its link with a reason, and the agent and its work live on", async (context) => {
  const world = await makeWorld(context);
  const first = await world.connect();
  first.assign(specOf("a", `while [ ! -e "${world.folder}/go" ]; do sleep 0.05; done; echo finished`));
  await first.message("started");
  const nested = (count: number): string => "[".repeat(count) + "]".repeat(count);
  for (const count of [MAX_JSON_DEPTH + 1, 3_600, 200_000, 1_000_000]) {
    assert.match(await say(world, assignText(nested(count))), /"code":"malformed","message":"[^"]*nested at most/);
    assert.match(await say(world, `{"kind":"ping","nonce":${nested(count)}}`), /"code":"malformed"/);
  }
  const second = await world.connect();
  second.assign(specOf("go", `touch "${world.folder}/go"`));
  const outcome = await second.outcome(keyOf("a"));
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "finished");
  // As deep as may be.
  const args: unknown = JSON.parse(nested(MAX_JSON_DEPTH));
  const action = { kind: "script", module: "m", export: "e", args: args as Json } as const;
  assert.match(await outcomeOf(second, "just", "", { action }), /^script: /);
});

function assignText(args: string): string {
  const action = `{"kind":"script","module":"m","export":"e","args":${args}}`;
  const spec = JSON.stringify({ ...fromAttemptSpec(specOf("deep", "")), action: null });
  return `{"kind":"assign","spec":${spec.replace('"action":null', `"action":${action}`)}}`;
}

/** Says one message over a link of the app's own, and returns what is answered until the agent closes it. */
async function say(world: AgentWorld, message: string): Promise<string> {
  const { id, fingerprint, linkPort } = world.agent.target;
  const tls = await agentTlsOptions(world.app.authority, { id, fingerprint: fingerprint as Sha256 });
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect({ ...tls, host: "127.0.0.1", port: linkPort });
    socket.setTimeout(5_000, () => socket.destroy(new Error(`the link was left open; heard: ${heard}`)));
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("utf8")));
    socket.on("error", reject);
    socket.on("close", () => resolve(heard));
    socket.on("secureConnect", () => socket.write(`{"type":"${LINK_EVENT}","data":${message}}\f`));
  });
}
