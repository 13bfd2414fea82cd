import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createPlainServer } from "node:net";
import { connect, createServer } from "node:tls";
import { X509Certificate } from "node:crypto";
import { test, type TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import type { Result } from "#core/base/result.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import { DOOR_PROTOCOL } from "#core/pairing/messages.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import type { PairedAgent, Pairer, PairingFailure } from "#core/ports/pairing.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { openPairings } from "#agent/trust/pairings.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import {
  HandClock,
  listen,
  makeFolder,
  MemoryLog,
  random,
  startAgent,
  type TestAgent,
} from "../../agent/trust/fixtures.ts";

interface Desk {
  readonly authority: Authority;
  readonly log: MemoryLog;
  readonly cleanup: DisposableStack;
  pair(
    port: number,
    code: string,
    more?: Partial<Parameters<Pairer["pair"]>[0]>,
  ): Promise<Result<PairedAgent, PairingFailure>>;
}

async function startDesk(t: TestContext): Promise<Desk> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const [clock, log] = [new HandClock(), new MemoryLog()];
  const authority = await openAuthority(await makeFolder(cleanup), { clock, random });
  const pairer = createPairer({ authority, random, clock, log });
  return {
    authority,
    log,
    cleanup,
    pair: (port, code, more) =>
      pairer.pair({ host: "127.0.0.1", port, code, appName: "desk", expected: null, signal: null, ...more }),
  };
}

/** A code that is not the agent's. */
function wrongCode(agent: TestAgent): string {
  return agent.shown.at(-1) === "111-111" ? "222-222" : "111-111";
}

function codeOf(result: Result<unknown, { readonly code: string }>): string {
  return result.ok ? "paired" : result.error.code;
}

test("[FLEET-2] the code the agent shows pairs both ends", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  const { id, fingerprint } = agent.identity;
  const result = await desk.pair(agent.port, agent.shown[0] ?? "", { expected: { id, fingerprint } });
  assert.deepEqual(result, {
    ok: true,
    value: { id, name: "studio", fingerprint, address: "127.0.0.1", port: agent.port, linkPort: 7421 },
  });
  const pairing = agent.pairings.get(desk.authority.app);
  assert.equal(pairing?.appName, "desk");
  const certificate = new X509Certificate(pairing?.certificatePem ?? "");
  assert.ok(certificate.verify(new X509Certificate(desk.authority.certificatePem).publicKey));
  assert.match(agent.log.text, /"paired"/);
});

test("[FLEET-2] an agent can be paired by its host's name as well as by its address", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "", { host: "localhost" })), "paired");
});

test("[FLEET-2] a code works once, and the agent shows another at once", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "paired");
  assert.equal(agent.shown.length, 2);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "wrong-code");
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[1] ?? "")), "paired");
});

test("[FLEET-2] a wrong code is refused, said to be wrong, and logged with the address", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  const result = await desk.pair(agent.port, wrongCode(agent));
  assert.ok(!result.ok);
  assert.equal(result.error.code, "wrong-code");
  assert.match(result.error.message, /4 tries are left/);
  assert.deepEqual(agent.pairings.list(), []);
  const refused = agent.log.lines.find(({ message }) => message === "pairing refused");
  assert.equal(refused?.fields?.["address"], "127.0.0.1");
  assert.equal(refused?.fields?.["code"], "wrong-code");
});

test("[FLEET-2] the sixth try is refused even with the right code; a new code comes after a pause", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  for (let tries = 1; tries <= 5; tries++)
    assert.equal(codeOf(await desk.pair(agent.port, wrongCode(agent))), "wrong-code");
  const sixth = await desk.pair(agent.port, agent.shown[0] ?? "");
  assert.equal(codeOf(sixth), "too-many-tries");
  assert.match(agent.log.text, /too-many-tries/);
  assert.equal(agent.shown.length, 1);
  agent.clock.advance(10_000);
  assert.equal(agent.shown.length, 2);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "wrong-code");
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[1] ?? "")), "paired");
});

test("[FLEET-2] a code is dead after ten minutes, and a new one is shown when somebody tries it", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  agent.clock.advance(10 * 60_000);
  const result = await desk.pair(agent.port, agent.shown[0] ?? "");
  assert.equal(codeOf(result), "expired");
  assert.equal(agent.shown.length, 2);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[1] ?? "")), "paired");
});

test("[FLEET-2] a code given to a program pairs once and is followed by none", async (t) => {
  const desk = await startDesk(t);
  const code = "k3x".repeat(10) as PairingCode;
  const agent = await startAgent(desk.cleanup, code);
  assert.equal(codeOf(await desk.pair(agent.port, code)), "paired");
  assert.equal(codeOf(await desk.pair(agent.port, code)), "not-pairing");
  assert.equal(agent.gate.code(), undefined);
});

test("[FLEET-2] a machine in the middle that relays between two TLS ends is refused", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  const middle = await openIdentity(await makeFolder(desk.cleanup), { clock: agent.clock, random });
  const { keyPem: key, certificatePem: cert } = middle.credential;
  for (const claimed of [agent.identity.id, middle.id]) {
    const server = createServer({ key, cert, minVersion: "TLSv1.3", ALPNProtocols: [DOOR_PROTOCOL] }, (near) => {
      const far = connect({
        host: "127.0.0.1",
        port: agent.port,
        ALPNProtocols: [DOOR_PROTOCOL],
        rejectUnauthorized: false,
      });
      near.pipe(far).on("data", (chunk: Buffer) => {
        near.write(chunk.toString().replaceAll(agent.identity.id, claimed));
      });
      for (const end of [near, far]) end.on("error", () => end.destroy());
      far.on("close", () => near.end());
    });
    const port = await listen(server, desk.cleanup);
    const result = await desk.pair(port, agent.shown[0] ?? "");
    assert.equal(codeOf(result), claimed === middle.id ? "wrong-code" : "malformed");
    const { id, fingerprint } = agent.identity;
    assert.equal(codeOf(await desk.pair(port, agent.shown[0] ?? "", { expected: { id, fingerprint } })), "wrong-agent");
  }
  assert.deepEqual(agent.pairings.list(), []);
});

test("[FLEET-2] one exchange at a time: a second one meanwhile is told to wait", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  const holder = connect({
    host: "127.0.0.1",
    port: agent.port,
    ALPNProtocols: [DOOR_PROTOCOL],
    rejectUnauthorized: false,
  });
  const hello = { kind: "hello", version: 1, app: "a".repeat(16), appName: "slow", authority: "b".repeat(64) };
  holder.write(`${JSON.stringify(hello)}\n`);
  await once(holder, "data");
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "busy");
  const timedOut = once(holder, "data");
  agent.clock.advance(15_000);
  assert.match(String((await timedOut)[0]), /"code":"timeout"/);
  holder.destroy();
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "paired");
});

test("[FLEET-2] an address that begins too many exchanges has to wait a minute", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  for (let round = 0; round < 20; round++) {
    const socket = connect({
      host: "127.0.0.1",
      port: agent.port,
      ALPNProtocols: [DOOR_PROTOCOL],
      rejectUnauthorized: false,
    });
    const hello = { kind: "hello", version: 1, app: "a".repeat(16), appName: "x", authority: "b".repeat(64) };
    socket.write(`${JSON.stringify(hello)}\n`);
    await once(socket, "data");
    socket.end(`{"kind":"refused","code":"failed","message":"enough"}\n`);
    socket.resume();
    await once(socket, "close");
  }
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "too-many-tries");
  agent.clock.advance(60_000);
  assert.equal(codeOf(await desk.pair(agent.port, agent.shown[0] ?? "")), "paired");
});

test("[FLEET-2] nobody there, and somebody else there, are told apart from an agent", async (t) => {
  const desk = await startDesk(t);
  assert.equal(codeOf(await desk.pair(1, "123-456")), "unreachable");
  const plain = createPlainServer((socket) => socket.on("error", () => socket.destroy()).end("220 hello\r\n"));
  assert.equal(codeOf(await desk.pair(await listen(plain, desk.cleanup), "123-456")), "not-an-agent");
  assert.equal(codeOf(await desk.pair(1, "12")), "bad-code");
});

test("[FLEET-2] a cancelled pairing ends as cancelled", async (t) => {
  const desk = await startDesk(t);
  const silent = createPlainServer((socket) => socket.on("error", () => socket.destroy()));
  const port = await listen(silent, desk.cleanup);
  const abort = new AbortController();
  const result = desk.pair(port, "123-456", { signal: abort.signal });
  await once(silent, "connection");
  abort.abort();
  assert.equal(codeOf(await result), "cancelled");
  assert.equal(codeOf(await desk.pair(port, "123-456", { signal: abort.signal })), "cancelled");
});

test("[FLEET-2] pairings survive a restart, readable by their owner only", async (t) => {
  const desk = await startDesk(t);
  const agent = await startAgent(desk.cleanup);
  await desk.pair(agent.port, agent.shown[0] ?? "");
  const folder = await makeFolder(desk.cleanup);
  const first = await openPairings(folder);
  for (const pairing of agent.pairings.list()) await first.add(pairing);
  const second = await openPairings(folder);
  assert.deepEqual(second.list(), agent.pairings.list());
  assert.equal(await second.remove(desk.authority.app), true);
  assert.equal(await second.remove(desk.authority.app), false);
  assert.deepEqual((await openPairings(folder)).list(), []);
});
