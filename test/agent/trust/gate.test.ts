import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { connect, type TLSSocket } from "node:tls";
import { createPairingGate, type PairingGate } from "#agent/trust/gate.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import { openPairings, type Pairings } from "#agent/trust/pairings.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { formatPairingCode } from "#core/pairing/code.ts";
import { DOOR_PROTOCOL, MAX_LINE_BYTES } from "#core/pairing/messages.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { HandClock, makeFolder, MemoryLog, random, startAgent, type TestAgent } from "./fixtures.ts";

const HELLO = `${JSON.stringify({ kind: "hello", version: 1, app: "a".repeat(16), appName: "desk", authority: "b".repeat(64) })}\n`;

async function makeCleanup(t: TestContext): Promise<DisposableStack> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  return cleanup;
}

/** A stream whose other end is the test: what the gate writes is kept, `say` is what it reads. */
class Wire extends Duplex {
  heard = "";

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.heard += chunk.toString();
    done();
  }

  override _final(done: () => void): void {
    // The other end hangs up as soon as it is told to.
    this.push(null);
    done();
  }

  say(text: string): void {
    this.push(Buffer.from(text));
  }
}

async function makeGate(
  cleanup: DisposableStack,
): Promise<{ gate: PairingGate; log: MemoryLog; pairings: Pairings; clock: HandClock }> {
  const folder = await makeFolder(cleanup);
  const [clock, log] = [new HandClock(), new MemoryLog()];
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const codes = { kind: "shown", show: () => {} } as const;
  const gate = cleanup.add(
    createPairingGate({ identity, pairings, clock, random, log, name: "studio", linkPort: () => 1, codes }),
  );
  return { gate, log, pairings, clock };
}

function dial(agent: TestAgent): TLSSocket {
  return connect({ host: "127.0.0.1", port: agent.port, ALPNProtocols: [DOOR_PROTOCOL], rejectUnauthorized: false });
}

test("[FLEET-2] nonsense is refused as such, pairs nobody and leaves the gate open for the next", async (t) => {
  const cleanup = await makeCleanup(t);
  const { gate, log, pairings, clock } = await makeGate(cleanup);
  const anyLine = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant(HELLO),
    fc.constant('{"kind":"refused","code":"x","message":"y"}\n'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine, { minLength: 1, maxLength: 4 }), async (lines) => {
      const wire = new Wire();
      const served = gate.serve(wire, { address: "10.0.0.9" });
      for (const line of lines) wire.say(`${line}\n`);
      wire.push(null);
      await served;
      clock.advance(60_000);
    }),
    { numRuns: 60 },
  );
  assert.deepEqual(pairings.list(), []);
  assert.ok(log.lines.every(({ level }) => level === "warn"));
  assert.ok(log.lines.every(({ fields }) => fields?.["address"] === "10.0.0.9"));
  gate.renew();
  const wire = new Wire();
  void gate.serve(wire, { address: "10.0.0.10" });
  wire.say(HELLO);
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(wire.heard, /"kind":"offer"/);
});

test("[FLEET-2] a line without end is cut off at its limit", async (t) => {
  const { gate, log } = await makeGate(await makeCleanup(t));
  const wire = new Wire();
  const served = gate.serve(wire, { address: "::ffff:10.0.0.9" });
  wire.say("x".repeat(MAX_LINE_BYTES + 1));
  await served;
  assert.equal(log.lines[0]?.fields?.["address"], "10.0.0.9");
  assert.match(wire.heard, /"code":"malformed"/);
  assert.match(log.text, /longer than 65536 bytes/);
});

test("[FLEET-2] a peer that says nothing is cut off after 15 s", async (t) => {
  const { gate, clock } = await makeGate(await makeCleanup(t));
  const wire = new Wire();
  const served = gate.serve(wire, { address: "10.0.0.9" });
  clock.advance(14_999);
  assert.equal(wire.heard, "");
  clock.advance(1);
  await served;
  assert.match(wire.heard, /"code":"timeout"/);
});

test("[FLEET-2] silent peers do not use up the gate: four of one address at most, sixteen in all", async (t) => {
  const { gate, log, clock } = await makeGate(await makeCleanup(t));
  const silent = Array.from({ length: 5 }, () => new Wire());
  for (const wire of silent) void gate.serve(wire, { address: "10.0.0.9" });
  assert.deepEqual(
    silent.map(({ destroyed }) => destroyed),
    [false, false, false, false, true],
  );
  const real = new Wire();
  void gate.serve(real, { address: "10.0.0.10" });
  real.say(HELLO);
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(real.heard, /"kind":"offer"/);
  for (let host = 11; host < 22; host++) void gate.serve(new Wire(), { address: `10.0.0.${host}` });
  // Full: for whoever comes for the first time, those of the address that came most often give way.
  for (let host = 22; host < 26; host++) void gate.serve(new Wire(), { address: `10.0.0.${host}` });
  assert.ok(silent.every(({ destroyed }) => destroyed));
  const late = new Wire();
  await gate.serve(late, { address: "10.0.0.26" });
  assert.ok(late.destroyed);
  clock.advance(1_000);
  const later = new Wire();
  void gate.serve(later, { address: "10.0.0.27" });
  assert.deepEqual([later.destroyed, real.destroyed], [false, true]);
  assert.match(log.text, /too many connections/);
});

test("[FLEET-2] a code renewed by a person ends what was begun with the old one", async (t) => {
  const cleanup = await makeCleanup(t);
  const agent = await startAgent(cleanup);
  const socket = dial(agent);
  socket.write(HELLO);
  await once(socket, "data");
  agent.gate.renew();
  const proof = { kind: "proof", share: "04".repeat(65), confirmation: "00".repeat(32) };
  socket.write(`${JSON.stringify(proof)}\n`);
  assert.match(String((await once(socket, "data"))[0]), /"code":"expired"/);
  socket.destroy();
  assert.equal(agent.gate.code()?.triesLeft, 5);
  assert.equal(agent.shown.length, 2);
});

test("[FLEET-2] a closed gate refuses, and cuts off whoever stands in it", async (t) => {
  const cleanup = await makeCleanup(t);
  const agent = await startAgent(cleanup);
  const code = agent.gate.code();
  assert.ok(code && agent.shown[0] === formatPairingCode(code.code));
  const waiting = dial(agent);
  waiting.on("error", () => waiting.destroy());
  waiting.resume().write(HELLO);
  await once(waiting, "data");
  const closed = once(waiting, "close");
  await agent.gate.dispose();
  await closed;
  const authority = await openAuthority(await makeFolder(cleanup), { clock: agent.clock, random });
  const pairer = createPairer({ authority, random, clock: agent.clock, log: new MemoryLog() });
  const request = {
    host: "127.0.0.1",
    port: agent.port,
    code: agent.shown[0],
    appName: "desk",
    expected: null,
    signal: null,
  };
  const result = await pairer.pair(request);
  assert.equal(result.ok ? "paired" : result.error.code, "not-pairing");
});
