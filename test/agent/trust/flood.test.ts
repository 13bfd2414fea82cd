import assert from "node:assert/strict";
import { connect as connectPlain } from "node:net";
import { test, type TestContext } from "node:test";
import { connect } from "node:tls";
import { openDoorServer } from "#agent/adapters/door-server.ts";
import { systemClock } from "#system/clock.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import type { Clock } from "#core/ports/clock.ts";
import { DOOR_PROTOCOL } from "#core/pairing/messages.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { createContexts } from "#agent/trust/contexts.ts";
import { createPairingGate } from "#agent/trust/gate.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import { openPairings } from "#agent/trust/pairings.ts";
import { formatPairingCode } from "#core/pairing/code.ts";
import { HandClock, makeFolder, MemoryLog, random } from "./fixtures.ts";

const HELLO = `${JSON.stringify({ kind: "hello", version: 1, app: "a".repeat(16), appName: "x", authority: "b".repeat(64) })}\n`;
/** A point of the curve (its generator) and a confirmation that is none. */
const GUESS = `${JSON.stringify({ kind: "proof", share: "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", confirmation: "00".repeat(32) })}\n`;
const TRIES = 1_000;

interface Door {
  readonly port: number;
  readonly shown: string[];
  readonly log: MemoryLog;
  pair(): Promise<string>;
}

async function openDoor(t: TestContext, clock: Clock): Promise<Door> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const [log, shown] = [new MemoryLog(), new Array<string>()];
  const folder = await makeFolder(cleanup);
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const codes = {
    kind: "shown",
    show: (code: Parameters<typeof formatPairingCode>[0]) => void shown.push(formatPairingCode(code)),
  } as const;
  const gate = cleanup.add(
    createPairingGate({ identity, pairings, clock, random, log, name: "studio", linkPort: () => 7421, codes }),
  );
  const door = cleanup.add(
    await openDoorServer({
      host: "127.0.0.1",
      port: 0,
      tls: contexts.doorOptions(),
      identify: () => undefined,
      servePairing: (stream, peer) => gate.serve(stream, peer),
      serveCertificates: () => Promise.resolve(),
      serveFiles: () => Promise.resolve(),
      log,
    }),
  );
  const authority = await openAuthority(await makeFolder(cleanup), { clock, random });
  const pairer = createPairer({ authority, clock: systemClock, random, log: new MemoryLog() });
  return {
    port: door.port,
    shown,
    log,
    async pair() {
      const code = shown.at(-1) ?? "";
      const request = { host: "127.0.0.1", port: door.port, code, appName: "desk", expected: null, signal: null };
      const result = await pairer.pair(request);
      return result.ok ? "paired" : result.error.code;
    },
  };
}

/** Knocks from one of loopback's many addresses; says hello, perhaps guesses, and stays until it is put out. */
function knock(port: number, localAddress: string, guesses: boolean, stayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const plain = connectPlain({ host: "127.0.0.1", port, localAddress }).on("error", () => undefined);
    const socket = connect({ socket: plain, ALPNProtocols: [DOOR_PROTOCOL], rejectUnauthorized: false });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.on("secureConnect", () => socket.write(HELLO));
    socket.on("data", (chunk: Buffer) => {
      if (guesses && chunk.includes('"offer"')) socket.write(GUESS);
    });
    setTimeout(() => socket.destroy(), stayMs);
  });
}

test("[FLEET-2] a thousand pairings at once from one address guess at most twice five codes, and do not keep others out", async (t) => {
  if (process.platform !== "linux") return t.skip("only Linux has a whole network on loopback");
  const clock = new HandClock();
  const door = await openDoor(t, clock);
  const flood = Array.from({ length: TRIES }, (_, index) => knock(door.port, "127.0.0.66", index % 2 === 0, 1_000));
  await Promise.all(flood);
  const wrong = door.log.lines.filter(({ fields }) => fields?.["code"] === "wrong-code").length;
  assert.ok(wrong <= 10, String(wrong));
  // If the flood used up a code, the next one comes after its pause.
  for (let pause = 0; pause < 3 && door.shown.length < 4; pause += 1) {
    const again = Array.from({ length: 50 }, () => knock(door.port, "127.0.0.66", true, 500));
    clock.advance(40_000);
    if ((await door.pair()) === "paired") return void (await Promise.all(again));
    await Promise.all(again);
  }
  assert.fail("the honest app could not pair");
});

test("[FLEET-2] half-open pairings from hundreds of addresses do not keep an honest one out", async (t) => {
  if (process.platform !== "linux") return t.skip("only Linux has a whole network on loopback");
  const door = await openDoor(t, systemClock);
  let isOver = false;
  let knocks = 0;
  const attackers = Array.from({ length: 250 }, async (_, index) => {
    while (!isOver && knocks < TRIES) {
      knocks += 1;
      await knock(door.port, `127.0.1.${index + 1}`, false, 1_000);
    }
  });
  let outcome = "";
  for (let tries = 0; tries < 50 && outcome !== "paired"; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    outcome = await door.pair();
  }
  isOver = true;
  assert.equal(outcome, "paired");
  await Promise.all(attackers);
  assert.equal(door.shown.length, 2);
});

test("[FLEET-2] a machine in the middle that pairs with each side on its own learns and gets nothing", async (t) => {
  const [agent, middle] = [await openDoor(t, systemClock), await openDoor(t, systemClock)];
  // It shows the app itself in place of the agent; the person types the agent's code.
  const shown = middle.shown.splice(0);
  middle.shown.push(agent.shown[0] ?? "");
  assert.notEqual(shown[0], agent.shown[0]);
  assert.equal(await middle.pair(), "wrong-code");
  // And it has nothing but a guess for the agent.
  await knock(agent.port, "127.0.0.1", true, 1_000);
  assert.match(agent.log.text, /wrong-code/);
  assert.equal(await agent.pair(), "paired");
});
