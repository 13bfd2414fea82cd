import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { FileHolder, InputFile } from "#core/model/attempt.ts";
import type { FileRef } from "#core/model/run.ts";
import { specOf } from "#test/support/agent-link.ts";
import type { AgentProcess } from "#test/support/agent-process.ts";
import { type AgentWorld, makeWorld } from "#test/support/agent-world.ts";

const never = new AbortController().signal;
const MIB = 2 ** 20;
/** What TLS and a broken connection may cost beside the bytes of a file. */
const MORE_AT_MOST = 1.15;

interface Proxy {
  readonly port: number;
  /** What has passed to the side that receives the file. */
  readonly passed: { bytes: number; connections: number };
}

/** Passes on to a port of this machine; the first connection breaks after so many bytes towards the receiver of a file. */
async function makeProxy(
  context: TestContext,
  to: number,
  breakAfter: number,
  receiver: "asker" | "answerer",
): Promise<Proxy> {
  const passed = { bytes: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((asker) => {
    passed.connections += 1;
    const isFirst = passed.connections === 1;
    const answerer = connect(to, "127.0.0.1");
    const both = [asker, answerer];
    const end = (): void => both.forEach((socket) => socket.destroy());
    for (const socket of both) sockets.add(socket.on("error", end).on("close", end));
    for (const [from, into] of [both, both.toReversed()]) {
      if (from === undefined || into === undefined) continue;
      const counts = (into === asker) === (receiver === "asker");
      from.on("data", (bytes) => {
        if (counts) passed.bytes += bytes.length;
        if (counts && isFirst && passed.bytes > breakAfter) return end();
        if (!into.write(bytes)) from.pause();
      });
      into.on("drain", () => from.resume());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, passed };
}

function makeFile(world: AgentWorld, sizeBytes: number): { readonly folder: string; find(): Promise<FileRef> } {
  const folder = join(world.folder, "workflow");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "a"), randomBytes(sizeBytes));
  return { folder, find: async () => (await world.app.files.find(folder, "a"))[0] ?? assert.fail() };
}

function holderOf({ target }: AgentProcess, port = target.port): FileHolder {
  return { agent: target.id, fingerprint: target.fingerprint, addresses: target.addresses, port };
}

function peakMib({ pid }: AgentProcess): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1]) / 1024;
}

test("[FLEET-9] a file that eight attempts want at once comes to their machine once, also over a connection that breaks", async (context) => {
  const world = await makeWorld(context);
  const second = await world.addAgent("second", "--slots", "8");
  const { folder, find } = makeFile(world, 8 * MIB);
  const file = await find();
  await world.app.files.put(world.agent.target, folder, file, never);
  const proxy = await makeProxy(context, world.agent.target.port, 3 * MIB, "asker");
  const link = await world.connect(second);
  const filesIn: InputFile[] = [{ ...file, holders: [holderOf(world.agent, proxy.port)] }];
  const specs = Array.from({ length: 8 }, (_, index) => specOf(`n${index}`, "wc -c < a | tr -d ' '", { filesIn }));
  for (const spec of specs) link.assign(spec);
  for (const spec of specs) {
    const outcome = await link.outcome(spec.key);
    assert.equal(outcome.kind === "success" ? outcome.result : JSON.stringify(outcome), String(8 * MIB));
  }
  assert.equal(proxy.passed.connections, 2);
  assert.ok(proxy.passed.bytes < 8 * MIB * MORE_AT_MOST, `${proxy.passed.bytes} bytes came`);
});

test("[FLEET-9] what the app sends goes on after a break where it broke, and again is not sent at all", async (context) => {
  const world = await makeWorld(context);
  const { folder, find } = makeFile(world, 8 * MIB);
  const file = await find();
  const proxy = await makeProxy(context, world.agent.target.port, 3 * MIB, "answerer");
  const target = { ...world.agent.target, port: proxy.port };
  await assert.rejects(world.app.files.put(target, folder, file, never), { code: "failed" });
  await world.app.files.put(target, folder, file, never);
  // What was under way when it broke has to be sent again.
  assert.ok(proxy.passed.bytes < 8 * MIB * MORE_AT_MOST, `${proxy.passed.bytes} bytes went`);
  const before = proxy.passed.bytes;
  await Promise.all(Array.from({ length: 8 }, () => world.app.files.put(target, folder, file, never)));
  assert.ok(proxy.passed.bytes - before < 100_000, `${proxy.passed.bytes - before} bytes went`);
});

test("[FLEET-9] an agent that let a file go says so, and the file comes from another one", async (context) => {
  const world = await makeWorld(context, "--store-limit", "1MiB");
  const [second, third] = [await world.addAgent("second"), await world.addAgent("third")];
  const { folder, find } = makeFile(world, MIB);
  const file = await find();
  const owner = await world.connect(undefined, 2);
  const make = specOf("make", "cp a b", { filesIn: [{ ...file, holders: [] }], filesOut: ["b"] });
  await world.app.files.put(world.agent.target, folder, file, never);
  owner.assign(make);
  assert.equal((await owner.outcome(make.key)).kind, "success");
  await world.app.files.put(third.target, folder, file, never);
  // Needed until the run is over; then it gives way to the next that comes.
  owner.send({ kind: "runs-over", runs: [make.key.run] });
  writeFileSync(join(folder, "next"), randomBytes(1_000));
  const [next = assert.fail()] = await world.app.files.find(folder, "next");
  await world.app.files.put(world.agent.target, folder, next, never);
  assert.deepEqual((await owner.message("files-gone")).files, [file.sha256]);

  const link = await world.connect(second);
  const use = specOf("use", "true", { filesIn: [{ ...file, holders: [holderOf(world.agent), holderOf(third)] }] });
  link.assign(use);
  assert.equal((await link.outcome(use.key)).kind, "success");
  // Whoever is asked for what it has not tells its app once more.
  await owner.until("second word", () => (owner.all("files-gone").length >= 2 ? true : undefined));
  const lost = specOf("lost", "true", {
    filesIn: [
      { ...file, name: "x", sha256: next.sha256.replace(/^./, "0") as typeof next.sha256, holders: [holderOf(third)] },
    ],
  });
  link.assign(lost);
  const outcome = await link.outcome(lost.key);
  assert.match(JSON.stringify(outcome), /"missing-file".*\\"x\\" could not be fetched: agent .*this agent has no file/);
});

test("[FLEET-9] an agent that is asked what it still has says what is gone, and keeps the rest for the run", async (context) => {
  const world = await makeWorld(context, "--store-limit", "1MiB");
  const { folder, find } = makeFile(world, MIB);
  const file = await find();
  await world.app.files.put(world.agent.target, folder, file, never);
  const link = await world.connect(undefined, 2);
  const missing = "1".repeat(64);
  link.send({ kind: "files-needed", run: "r9", files: [file.sha256, missing] });
  assert.deepEqual((await link.message("files-gone")).files, [missing]);
  await link.message("heartbeat", ({ trouble }) => /its store is full/.test(trouble ?? ""));
  link.close();
  await world.agent.end("SIGKILL");
  await world.restart("--store-limit", "1MiB");
  const again = await world.connect(undefined, 2);
  assert.deepEqual(again.all("welcome")[0]?.keptRuns, ["r9"]);
  again.send({ kind: "runs-over", runs: ["r9"] });
  await again.message("heartbeat", ({ trouble }) => trouble === null);
});

test(
  "[FLEET-9] a large file passes through an agent in bounded memory",
  { skip: process.platform !== "linux" && "peak memory is read from /proc" },
  async (context) => {
    const world = await makeWorld(context);
    const second = await world.addAgent("second");
    const { folder, find } = makeFile(world, 64 * MIB);
    const file = await find();
    const before = [peakMib(world.agent), peakMib(second)];
    await world.app.files.put(world.agent.target, folder, file, never);
    const link = await world.connect(second);
    const use = specOf("use", "cp a b", { filesIn: [{ ...file, holders: [holderOf(world.agent)] }], filesOut: ["b"] });
    link.assign(use);
    const outcome = await link.outcome(use.key);
    assert.equal(outcome.kind, "success", JSON.stringify(outcome));
    const grown = [peakMib(world.agent) - (before[0] ?? 0), peakMib(second) - (before[1] ?? 0)];
    assert.ok(Math.max(...grown) < 80, `the agents' peaks grew by ${grown.map(Math.round).join(" and ")} MiB`);
  },
);
