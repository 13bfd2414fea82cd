import assert from "node:assert/strict";
import type { TLSSocket } from "node:tls";
import { test, type TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import { MAX_HELD_ATTEMPTS } from "#core/protocol/limits.ts";
import { MemoryLog } from "#test/agent/trust/fixtures.ts";
import type { MemoryLan } from "#test/support/memory-lan.ts";
import { fieldOf, FrameSocket } from "./peers/frame-socket.ts";
import { eventually, runThrough, startLan } from "./peers/real-links-lan.ts";
import { startSmallAgent } from "./peers/small-agent.ts";
import { startSmallApp } from "./peers/small-app.ts";
import { agentMessages } from "./samples.ts";

const task = (name: string, needs: string): string =>
  `lanweave: 1\nname: ${name}\nnodes:\n  - { id: a, type: task, run: echo${needs} }\n`;

interface Evil {
  readonly lan: MemoryLan;
  readonly log: MemoryLog;
  readonly id: string;
  /** Told of each link that the app opens, after its hello. */
  greet: (link: FrameSocket) => void;
}

/** A coordinator with one honest agent and one that says what the test says. */
async function makeEvil(context: TestContext): Promise<Evil> {
  const cleanup = new DisposableStack();
  context.after(() => cleanup.dispose());
  const world: { greet: Evil["greet"] } = { greet: () => undefined };
  const accept = (socket: TLSSocket): void => {
    const link = new FrameSocket(socket.setNoDelay(true));
    void link
      .until("hello", (data) => (fieldOf(data, "kind") === "hello" ? true : undefined))
      .then(() => world.greet(link));
  };
  const evil = await startSmallAgent(cleanup, { name: "evil", link: { kind: "raw", accept } });
  const honest = await startSmallAgent(cleanup, { name: "honest", link: { kind: "desk" } });
  const app = await startSmallApp(cleanup);
  await app.pair(evil);
  await app.pair(honest);
  const log = new MemoryLog();
  const agents = [
    { agent: evil, name: "evil" },
    { agent: honest, name: "honest" },
  ];
  const workflows = { anywhere: task("anywhere", ""), honest: task("honest", ", needs: { agent: honest }") };
  const lan = startLan(app, agents, workflows, { log });
  cleanup.defer(() => lan.coordinator.dispose());
  return Object.assign(world, { lan, log, id: evil.target.id });
}

function welcomeOf(evil: Evil, more: object = {}): object {
  const [welcome] = agentMessages(evil.id);
  return { ...welcome, held: [], ...more };
}

test("[FLEET-5] what an agent says of others' attempts, with a wrong fence or without end changes nothing, and is logged a few times", async (context) => {
  const evil = await makeEvil(context);
  const flooded = Promise.withResolvers<void>();
  evil.greet = (link) => {
    link.send(
      welcomeOf(evil, { name: "\u001b[2J\u202Eevil", capabilities: { ...agentCapabilities(evil), slots: 2 ** 50 } }),
    );
    for (let turn = 0; turn < 2_000; turn += 1) {
      const key = { run: "somebody", path: "a/b", fence: turn };
      for (const message of agentMessages(evil.id, key).slice(1)) link.send(message);
      link.send({ kind: "output", key, offset: 2 ** 52, stream: "stderr", base64: "AAAA" });
    }
    flooded.resolve();
  };
  await flooded.promise;
  assert.equal(await runThrough(evil.lan, "honest"), "completed");
  const [shown] = (await evil.lan.ask("fleet.list", {})).filter(({ id }) => id === evil.id);
  assert.doesNotMatch(shown?.name ?? "\u0000", /[\p{Cc}\p{Cf}]/u);
  assert.ok((shown?.capabilities?.slots ?? 0) <= 4_096);
  const lines = evil.log.lines.filter(({ level }) => level !== "debug");
  assert.ok(lines.some(({ fields }) => fields?.["agent"] === evil.id));
  assert.ok(lines.length < 200, `${String(lines.length)} lines`);
});

function agentCapabilities(evil: Evil): object {
  return Object(fieldOf(agentMessages(evil.id)[0], "capabilities"));
}

for (const [what, says] of [
  ["a message that is none", (link: FrameSocket) => link.sendText('{"kind":"nonsense"}')],
  [
    "more attempts than it can hold",
    (link: FrameSocket) => link.sendText(JSON.stringify({ kind: "suspended", keys: manyKeys() })),
  ],
  ["a frame that never ends", (link: FrameSocket) => link.write("x".repeat(5 * 1024 * 1024))],
] as const) {
  test(`[FLEET-4] an agent that answers work with ${what} is blamed for it, and the work goes elsewhere`, async (context) => {
    const evil = await makeEvil(context);
    evil.greet = (link) => {
      link.onFrame = (data) => {
        if (fieldOf(data, "kind") === "assign") says(link);
      };
      link.send(welcomeOf(evil));
    };
    await eventually("evil agent", async () => (await statusOf(evil)) === "online" || undefined);
    for (let runs = 0; runs < 4; runs += 1) assert.equal(await runThrough(evil.lan, "anywhere"), "completed");
  });
}

async function statusOf(evil: Evil): Promise<string> {
  const agents = await evil.lan.ask("fleet.list", {});
  return agents.find(({ id }) => id === evil.id)?.status ?? "";
}

function manyKeys(): readonly object[] {
  return Array.from({ length: MAX_HELD_ATTEMPTS + 1 }, (_, fence) => ({ run: "r", path: "p", fence }));
}
