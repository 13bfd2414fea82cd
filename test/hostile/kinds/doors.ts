import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect, type TLSSocket } from "node:tls";
import { DisposableStack } from "#core/base/dispose.ts";
import { DOOR_PROTOCOL, parsePairingMessage } from "#core/pairing/messages.ts";
import type { Pairer } from "#core/ports/pairing.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { clock, silentLog } from "#test/support/agent-process.ts";
import { listen, makeFolder, random, startAgent, type TestAgent } from "#test/agent/trust/fixtures.ts";
import type { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { inPieces, mangleJson, mangleText } from "../mangle.ts";
import { PAIRING_MESSAGES } from "../samples.ts";

// Pairing over TLS: a stranger at an agent's front door, and somebody who answers an app in place of an agent.

function linesOf(chance: Chance): Buffer {
  const lines = Array.from({ length: 1 + chance.below(3) }, () => mangleJson(chance, chance.pick(PAIRING_MESSAGES)));
  const text = `${lines.map((line) => line.replaceAll("\n", " ")).join("\n")}\n`;
  return Buffer.from(chance.is(0.2) ? mangleText(chance, text) : text);
}

/** Nobody waits for the rest of what was cut off; its sender goes. */
async function say(chance: Chance, socket: TLSSocket): Promise<string> {
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  for (const piece of inPieces(chance, linesOf(chance))) socket.write(piece);
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  return heard;
}

class DoorTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #agent: TestAgent;
  readonly #authority: Authority;

  constructor(cleanup: DisposableStack, agent: TestAgent, authority: Authority) {
    this.#cleanup = cleanup;
    this.#agent = agent;
    this.#authority = authority;
  }

  async play(chance: Chance): Promise<void> {
    // Nobody may begin more than some exchanges a minute.
    this.#agent.clock.advance(61_000);
    const { port } = this.#agent;
    const socket = connect({ host: "127.0.0.1", port, ALPNProtocols: [DOOR_PROTOCOL], rejectUnauthorized: false });
    socket.setNoDelay(true).on("error", () => undefined);
    await once(socket, "secureConnect");
    const heard = await say(chance, socket);
    for (const line of heard.split("\n").filter((text) => text !== "")) assert.ok(parsePairingMessage(line).ok, line);
    this.#agent.log.lines.length = 0;
    assert.deepEqual(this.#agent.pairings.list(), []);
  }

  async greet(): Promise<void> {
    this.#agent.clock.advance(3_600_000);
    this.#agent.gate.renew();
    const code = this.#agent.shown.at(-1) ?? "";
    const pairer = createPairer({ authority: this.#authority, clock: this.#agent.clock, random, log: silentLog });
    const request = {
      host: "127.0.0.1",
      port: this.#agent.port,
      code,
      appName: "honest",
      expected: null,
      signal: null,
    };
    assert.deepEqual((await pairer.pair(request)).ok, true);
    await this.#agent.pairings.remove(this.#authority.app);
  }

  dispose(): Promise<void> {
    return this.#cleanup.dispose();
  }
}

export const doorKind: FuzzKind = {
  name: "door",
  weight: 8,
  batch: 1_000,
  open: async () => {
    const cleanup = new DisposableStack();
    const agent = await startAgent(cleanup);
    const authority = await openAuthority(await makeFolder(cleanup), { clock: agent.clock, random });
    return new DoorTarget(cleanup, agent, authority);
  },
};

class PairerTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #pairer: Pairer;
  readonly #port: number;
  readonly #answer: { with: (socket: TLSSocket) => void };

  constructor(cleanup: DisposableStack, pairer: Pairer, port: number, answer: { with: (socket: TLSSocket) => void }) {
    this.#cleanup = cleanup;
    this.#pairer = pairer;
    this.#port = port;
    this.#answer = answer;
  }

  async play(chance: Chance): Promise<void> {
    this.#answer.with = (socket) => void say(chance, socket);
    const request = { host: "127.0.0.1", port: this.#port, code: "123-456", appName: "app", signal: null };
    const paired = await this.#pairer.pair({ ...request, expected: null });
    assert.ok(!paired.ok);
    assert.match(paired.error.message, /^[^\p{Cc}]+$/u);
  }

  greet(): void {
    // Each pairing is on its own: the next one shows whether the last one has done harm.
  }

  dispose(): Promise<void> {
    return this.#cleanup.dispose();
  }
}

export const pairerKind: FuzzKind = {
  name: "pairer",
  weight: 6,
  batch: 1_000,
  open: async () => {
    const cleanup = new DisposableStack();
    const { credential } = (await startAgent(cleanup)).identity;
    const answer = { with: (socket: TLSSocket): void => void socket.destroy() };
    const tls = { key: credential.keyPem, cert: credential.certificatePem, ALPNProtocols: [DOOR_PROTOCOL] };
    const server = createServer(tls, (socket) => {
      socket.setNoDelay(true).on("error", () => undefined);
      answer.with(socket);
    });
    const port = await listen(server, cleanup);
    const authority = await openAuthority(await makeFolder(cleanup), { clock, random });
    return new PairerTarget(cleanup, createPairer({ authority, clock, random, log: silentLog }), port, answer);
  },
};
