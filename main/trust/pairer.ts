import { err, type Result } from "#core/base/result.ts";
import { parsePairingCode } from "#core/pairing/code.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { PairedAgent, Pairer } from "#core/ports/pairing.ts";
import { openDoor } from "./door.ts";
import { runExchange } from "./exchange.ts";
import type { PairFailure } from "./pair-failure.ts";
import type { PairerPorts } from "./pairer-ports.ts";

type PairRequest = Parameters<Pairer["pair"]>[0];

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
