import { err, type Result } from "#core/base/result.ts";
import { parsePairingCode } from "#core/pairing/code.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { RefusalCode } from "#core/pairing/refusal.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PairedAgent, Pairer, PairingFailure } from "#core/ports/pairing.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { Authority } from "./authority.ts";
import { openDoor } from "./door.ts";
import { runExchange } from "./exchange.ts";

/** Why a pairing failed: what the agent refused, or what this end found. The message can be shown as it is. */
export interface PairFailure extends PairingFailure {
  readonly code: RefusalCode | "bad-code" | "unreachable" | "not-an-agent" | "wrong-agent" | "cancelled";
}

type PairRequest = Parameters<Pairer["pair"]>[0];

export interface PairerPorts {
  readonly authority: Authority;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes a pairer of the app that `authority` stands for. */
export function createPairer(ports: PairerPorts): Pairer {
  return {
    async pair(request) {
      const result = await pair(ports, request);
      const { host: address, port } = request;
      if (result.ok) ports.log.info("paired with an agent", { address, port, agent: result.value.id });
      else ports.log.warn("pairing failed", { address, port, code: result.error.code, message: result.error.message });
      return result;
    },
  };
}

async function pair(ports: PairerPorts, request: PairRequest): Promise<Result<PairedAgent, PairFailure>> {
  const code = parsePairingCode(request.code);
  if (!code.ok) return code;
  const appName = cleanName(request.appName) || "Lanweave";
  const door = await openDoor(request, ports.clock);
  if (!door.ok) return door;
  const { socket, publicKeySpki, fingerprint } = door.value;
  try {
    if (request.expected !== null && request.expected.fingerprint !== fingerprint) {
      return err({
        code: "wrong-agent",
        message: `Another machine answers at ${request.host} than the agent that was found there. Nothing was paired; look for the agent again.`,
      });
    }
    const done = await runExchange(
      ports,
      { socket, publicKeySpki, fingerprint, appName, code: code.value },
      request.signal,
    );
    if (!done.ok) return done;
    const { host: address, port } = request;
    return { ok: true, value: { ...done.value, fingerprint, address, port } };
  } finally {
    socket.destroy();
  }
}
