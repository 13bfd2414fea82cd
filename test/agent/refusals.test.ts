import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type ConnectionOptions } from "node:tls";
import type { Sha256 } from "#core/model/id.ts";
import { appServerName } from "#core/pairing/names.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { TestLink, keyOf, specOf } from "#test/support/agent-link.ts";
import { type AgentProcess, makeApp } from "#test/support/agent-process.ts";
import { type AgentWorld, makeWorld } from "#test/support/agent-world.ts";

/** What the agent's log says of a refusal. */
function logged(agent: AgentProcess, pattern: RegExp): Promise<string> {
  return agent.log.until(`log line ${String(pattern)}`, 5_000, (line) => (pattern.test(line) ? line : undefined));
}

/** How a TLS connection that sends a few bytes ends: with what error, or with what answer. */
function knock(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ rejectUnauthorized: false, minVersion: "TLSv1.3", ...options, port, host: "127.0.0.1" });
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
    socket.on("error", (error) => (heard ||= error.message));
    socket.on("close", () => resolve(heard));
    socket.on("secureConnect", () => socket.write(`{"kind":"get","sha256":"${"0".repeat(64)}","offset":0}\n`));
  });
}

async function tlsOf(world: AgentWorld): Promise<ConnectionOptions> {
  const { id, fingerprint } = world.agent.target;
  return agentTlsOptions(world.app.authority, { id, fingerprint: fingerprint as Sha256 });
}

test("[FLEET-2] links without a certificate, of another authority, and of an app that is not paired are refused and logged", async (context) => {
  const world = await makeWorld(context);
  const { agent, app } = world;
  await knock(agent.target.linkPort, { servername: appServerName(app.authority.app) });
  assert.match(await logged(agent, /refused: no certificate that a paired app has signed/), /"address":"127.0.0.1"/);

  const other = await makeApp(join(world.folder, "other"));
  const stranger = await other.authority.clientCredential();
  await knock(agent.target.linkPort, {
    key: stranger.keyPem,
    cert: stranger.certificatePem,
    servername: appServerName(app.authority.app),
  });
  await logged(agent, /"address":"127.0.0.1","reason":"(SELF_SIGNED|UNABLE_TO)[A-Z_]*","msg":"refused: no certificate/);

  const unpaired = new TestLink(other.links, agent.target);
  await assert.rejects(unpaired.until("welcome", () => unpaired.all("welcome")[0]));
  assert.equal(unpaired.closedWith?.code, "refused");
  assert.equal(unpaired.closings, 1);
  await logged(agent, new RegExp(`${other.authority.app}.*not paired`));
});

test("[FLEET-2] another agent's certificate opens the files of its app, but no link", async (context) => {
  const world = await makeWorld(context);
  const second = await world.addAgent("second");
  const app = world.app.authority.app;
  const pairing = JSON.parse(await readFile(join(second.data, "trust", "pairings", `${app}.json`), "utf8")) as {
    certificatePem: string;
  };
  const own = {
    key: await readFile(join(second.data, "trust", "agent-key.pem"), "utf8"),
    cert: pairing.certificatePem,
    servername: appServerName(app),
  };
  await knock(world.agent.target.linkPort, own);
  await logged(world.agent, /refused: the certificate is not that of a paired app/);
  const answer = connectOnce(world.agent.target.port, { ...own, ALPNProtocols: [FILES_PROTOCOL] });
  assert.match(await answer, /"refused","code":"missing"/);
  const stranger = await knock(world.agent.target.port, {
    servername: appServerName(app),
    ALPNProtocols: [FILES_PROTOCOL],
  });
  assert.doesNotMatch(stranger, /missing/);
  await logged(world.agent, /files are only for who shows a certificate/);
});

test("[FLEET-2] an agent that shows another key than was paired is not trusted", async (context) => {
  const world = await makeWorld(context);
  const second = await world.addAgent("second");
  const { port, linkPort } = second.target;
  const link = new TestLink(world.app.links, { ...world.agent.target, port, linkPort });
  await assert.rejects(link.until("welcome", () => link.all("welcome")[0]));
  assert.equal(link.closedWith?.code, "untrusted");
  const wrongKey = { ...world.agent.target, fingerprint: createHash("sha256").update("x").digest("hex") };
  const other = new TestLink(world.app.links, wrongKey);
  await assert.rejects(other.until("welcome", () => other.all("welcome")[0]));
  assert.equal(other.closedWith?.code, "untrusted");
});

test("[FLEET-2] unpairing ends the work and the link at once, and the next link is refused", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "sleep 600"));
  await link.message("started");
  link.send({ kind: "unpair" });
  await assert.rejects(link.outcome(keyOf("a")));
  const next = new TestLink(world.app.links, world.agent.target);
  await assert.rejects(next.until("welcome", () => next.all("welcome")[0]));
  assert.equal(next.closedWith?.code, "refused");
});

test("[FLEET-4] a hello of another protocol, or in another app's name, is refused with a reason", async (context) => {
  const world = await makeWorld(context);
  for (const [app, major, code] of [
    [world.app.authority.app, 2, "protocol"],
    ["0".repeat(16), 1, "app"],
  ] as const) {
    const link = new TestLink(world.app.links, world.agent.target);
    await assert.rejects(link.hello(app, major));
    assert.deepEqual(
      link.all("refused").map((refused) => [refused.of, refused.code]),
      [["hello", code]],
    );
  }
  const hasty = new TestLink(world.app.links, world.agent.target);
  await hasty.until("open link", () => hasty.isOpen || undefined);
  hasty.send({ kind: "ping", nonce: 1 });
  await hasty.until("refusal", () => hasty.all("refused")[0]);
});

test("[FLEET-2] garbage on both ports ends the connection, not the agent", async (context) => {
  const world = await makeWorld(context);
  const { port, linkPort } = world.agent.target;
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([throwAt(port), throwAt(linkPort)]);
  }
  const tls = await tlsOf(world);
  const frames = [
    "\f",
    "{}\f",
    "[]\f",
    '{"type":"lanweave"}\f',
    '{"type":"lanweave","data":{"kind":"assign"}}\f',
    '{"type":"error","data":1}\f',
    '{"type":"__proto__","data":1}\f',
    `${"x".repeat(5_000_000)}`,
  ];
  for (const frame of frames) await say(linkPort, tls, frame, 0);
  for (const line of [
    "\n",
    "{}\n",
    '{"kind":"get"}\n',
    `${"y".repeat(100_000)}\n`,
    '{"kind":"get","sha256":"../../etc/passwd","offset":0}\n',
  ]) {
    assert.match(await say(port, { ...tls, ALPNProtocols: [FILES_PROTOCOL] }, line, 1), /"refused"/);
  }
  for (let round = 0; round < 10; round += 1)
    await say(linkPort, tls, randomBytes(1 + round * 500).toString("latin1"), 0);
  const link = await world.connect();
  link.assign(specOf("a", "echo fine"));
  assert.equal((await link.outcome(keyOf("a"))).kind, "success");
});

function throwAt(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectPlain(port, "127.0.0.1", () =>
      socket.end(randomBytes(1 + Math.floor(Math.random() * 2_000))),
    );
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** Says something over TLS that is accepted, hears so many lines of answer, hangs up, and returns them once the other end has, too. */
function say(port: number, options: ConnectionOptions, text: string, answers: 0 | 1): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ ...options, port, host: "127.0.0.1" });
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (heard.includes("\n")) socket.end();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(heard));
    socket.on("secureConnect", () => {
      if (answers === 0) socket.end(text, "latin1");
      else socket.write(text, "latin1");
    });
  });
}

function connectOnce(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ rejectUnauthorized: false, ...options, port, host: "127.0.0.1" });
    socket.on("error", reject);
    socket.on("secureConnect", () => socket.write(`{"kind":"get","sha256":"${"0".repeat(64)}","offset":0}\n`));
    socket.once("data", (chunk: Buffer) => {
      resolve(chunk.toString("latin1"));
      socket.destroy();
    });
  });
}
