import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { MemoryLog } from "#test/agent/trust/fixtures.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { makeWorld, type AgentWorld } from "#test/support/agent-world.ts";
import { type SmallAgent, startSmallAgent } from "./peers/small-agent.ts";
import { type SmallApp, startSmallApp } from "./peers/small-app.ts";
import { eventually } from "./peers/real-links-lan.ts";
import { appMessages } from "./samples.ts";

/** `LANWEAVE_FLOOD=10000` makes it as many as docs/fuzzing.md tells of. */
const FLOOD = Number(process.env["LANWEAVE_FLOOD"] ?? 1_000);
const AT_A_TIME = 500;
/** Where the flood comes from; the honest app comes from 127.0.0.1. */
const ELSEWHERE = "127.0.0.9";
const onLinux = { skip: process.platform === "linux" ? false : "only Linux has all of 127.0.0.0/8 without asking" };

function residentMiB(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** Connections that say nothing, all at the same time. */
async function stand(context: TestContext, port: number, count: number): Promise<ReadonlySet<Socket>> {
  const open = new Set<Socket>();
  context.after(() => open.forEach((socket) => socket.destroy()));
  for (let started = 0; started < count; started += AT_A_TIME) {
    const wave = Array.from({ length: Math.min(AT_A_TIME, count - started) }, () => {
      const socket = connect({ host: "127.0.0.1", port, localAddress: ELSEWHERE });
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => open.delete(socket));
      return Promise.race([once(socket, "connect").catch(() => undefined), once(socket, "close")]);
    });
    await Promise.all(wave);
  }
  return open;
}

async function works(world: AgentWorld, name: string): Promise<void> {
  const link = await world.connect();
  link.assign(specOf(name, "echo hello"));
  assert.equal((await link.outcome(keyOf(name))).kind, "success");
  link.close();
}

test(
  "[FLEET-2] thousands of connections that say nothing keep no paired app out, and take no memory",
  onLinux,
  async (context) => {
    const world = await makeWorld(context);
    await works(world, "before");
    const before = residentMiB(world.agent.pid);
    const { port, linkPort } = world.agent.target;
    const atLink = await stand(context, linkPort, FLOOD);
    await works(world, "during");
    await eventually("few left of one address", () => Promise.resolve(atLink.size < 200 ? true : undefined));
    await eventually("few left of one address", () => Promise.resolve(atLink.size < 200 ? true : undefined));
    await stand(context, port, FLOOD / 4);
    await works(world, "after");
    assert.ok(residentMiB(world.agent.pid) - before < 150, "the agent's memory stays bounded");
    const lines = world.agent.log.all.filter((line) => line.includes("refused")).length;
    assert.ok(lines > 0 && lines < 300, `${String(lines)} lines were logged`);
  },
);

test("[FLEET-2] whoever comes to any port of an agent and says nothing, or nothing more, is sent away in time", async (context) => {
  const cleanup = new DisposableStack();
  context.after(() => cleanup.dispose());
  const agent = await startSmallAgent(cleanup, { name: "slow", link: { kind: "desk" } });
  const app = await startSmallApp(cleanup);
  await app.pair(agent);
  const { port, linkPort } = agent.target;
  const raw = [port, linkPort, port, linkPort].map((to) => connect({ host: "127.0.0.1", port: to }));
  // The beginning of a TLS record that never ends.
  for (const socket of raw.slice(2)) socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0]));
  const ends = raw.map((socket) => {
    socket.on("error", () => undefined).resume();
    return new Promise((resolve) => socket.once("close", resolve));
  });
  // A paired app that has shown its certificate and says no hello, or half of one.
  const links = [await app.dialLink(agent.target), await app.dialLink(agent.target)];
  links[1]?.write('{"type":"lanweave","da');
  await Promise.all([...ends, ...links.map((link) => link.closed(20_000))]);
  await greeted(context, app, agent);
});

async function greeted(context: TestContext, app: SmallApp, agent: SmallAgent): Promise<TestLink> {
  const link = new TestLink(app.links, agent.target);
  context.after(() => link.close());
  await link.hello(app.authority.app);
  return link;
}

interface Pair {
  readonly target: LinkTarget;
  readonly evil: SmallApp;
  readonly honest: TestLink;
  readonly log: MemoryLog;
}

async function makePair(context: TestContext): Promise<Pair> {
  const cleanup = new DisposableStack();
  context.after(() => cleanup.dispose());
  const log = new MemoryLog();
  const agent = await startSmallAgent(cleanup, { name: "target", link: { kind: "desk" }, log });
  const [evil, good] = [await startSmallApp(cleanup), await startSmallApp(cleanup)];
  await evil.pair(agent);
  await good.pair(agent);
  return { target: agent.target, evil, log, honest: await greeted(context, good, agent) };
}

test("[FLEET-4] an app that asks and never reads is let go, and another app is served as ever", async (context) => {
  const { target, evil, honest, log } = await makePair(context);
  const link = await evil.dialLink(target);
  link.send(appMessages(evil.authority.app)[0]);
  await link.until("welcome", () => true);
  link.socket.pause();
  const { app } = evil.authority;
  const keys = Array.from({ length: 500 }, (_, fence) => ({ run: app, path: "x".repeat(200), fence }));
  const stop = JSON.stringify({ kind: "stop", keys, reason: "" });
  // Each is answered by 500 refusals.
  for (let sent = 0; sent < 200; sent += 1) link.sendText(stop);
  honest.assign(specOf("a", "true"));
  assert.equal((await honest.outcome(keyOf("a"))).kind, "success");
  // It does not even read that it was let go.
  const line = "the app does not read";
  await eventually("end of the link", () => Promise.resolve(log.text.includes(line) || undefined));
  link.destroy();
});

test("[FLEET-4] an app that sends 100,000 pings and more attempts than an agent holds hinders no other", async (context) => {
  const { target, evil, honest } = await makePair(context);
  const link = await evil.dialLink(target);
  const [hello, , assign] = appMessages(evil.authority.app);
  link.send(hello);
  await link.until("welcome", () => true);
  link.onFrame = () => link.forget();
  for (let nonce = 0; nonce < 100_000; nonce += 1) link.sendText(`{"kind":"ping","nonce":${String(nonce)}}`);
  const spec = JSON.stringify(assign);
  for (let fence = 10; fence < 22_000; fence += 1)
    link.sendText(spec.replace(/"fence":\d+/, `"fence":${String(fence)}`));
  const start = performance.now();
  honest.assign(specOf("b", "true"));
  assert.equal((await honest.outcome(keyOf("b"))).kind, "success");
  assert.ok(performance.now() - start < 10_000);
  link.destroy();
});

test("[FLEET-4] what follows a message that was refused is not looked at, and one app has few links at a time", async (context) => {
  const { target, evil } = await makePair(context);
  const link = await evil.dialLink(target);
  const [hello] = appMessages(evil.authority.app);
  link.send(hello);
  await link.until("welcome", () => true);
  link.write(`{"type":"lanweave","data":{"kind":"nonsense"}}\f{"type":"lanweave","data":{"kind":"ping","nonce":1}}\f`);
  await link.closed();
  assert.deepEqual(
    link.received
      .flatMap((data) => (typeof data === "object" && data !== null && "kind" in data ? [data.kind] : []))
      .filter((kind) => kind !== "heartbeat"),
    ["welcome", "refused"],
  );
  const links = await Promise.all(Array.from({ length: 40 }, () => evil.dialLink(target)));
  await Promise.all(
    links.slice(0, 30).map((one) => Promise.race(links.map((other) => other.closed())).then(() => one)),
  );
  assert.ok(links.filter((one) => !one.isClosed).length < 40);
  links.forEach((one) => one.destroy());
});
