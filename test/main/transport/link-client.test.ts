import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import type { LinkTarget } from "#core/ports/link.ts";
import { MAX_MESSAGE_BYTES } from "#core/protocol/limits.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";

/** A port at which something listens and says nothing. */
async function listenMutely(context: TestContext, host: string): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

async function closing(link: TestLink): Promise<string> {
  await assert.rejects(link.until("opening", () => (link.isOpen ? true : undefined)));
  assert.equal(link.closings, 1);
  return link.closedWith?.code ?? "";
}

test("[FLEET-1] the address that answers wins, whatever the others do", async (context) => {
  const world = await makeWorld(context);
  const { target } = world.agent;
  const dead: LinkTarget = { ...target, addresses: ["127.0.0.2", "127.0.0.3", "127.0.0.1"] };
  const link = new TestLink(world.app.links, dead);
  context.after(() => link.close());
  await link.hello(world.app.authority.app);
});

test("[FLEET-4] a link that cannot be opened says once why", async (context) => {
  const world = await makeWorld(context);
  const { target } = world.agent;
  const nobody = new TestLink(world.app.links, { ...target, addresses: ["127.0.0.2"] });
  assert.equal(await closing(nobody), "unreachable");
  const nowhere = new TestLink(world.app.links, { ...target, addresses: [] });
  assert.equal(await closing(nowhere), "unreachable");
  const mute = await listenMutely(context, "127.0.0.1");
  const waiting = new TestLink(world.app.links, { ...target, linkPort: mute });
  assert.equal(await closing(waiting), "timeout");
  const given = new TestLink(world.app.links, { ...target, linkPort: mute });
  given.close();
  given.close();
  assert.equal(await closing(given), "closed");
});

test("[FLEET-4] a message that is too large is answered as refused, and the link stays", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", `echo ${"x".repeat(MAX_MESSAGE_BYTES)}`));
  const refused = await link.message("refused");
  assert.deepEqual([refused.of, refused.code, refused.key], ["assign", "too-large", keyOf("a")]);
  link.assign(specOf("b", "echo fine"));
  assert.equal((await link.outcome(keyOf("b"))).kind, "success");
});

test("[FLEET-4] the end of an agent closes its link once", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  await world.agent.end("SIGTERM");
  await assert.rejects(link.until("more", () => undefined));
  assert.deepEqual([link.closings, link.closedWith?.code], [1, "closed"]);
});
