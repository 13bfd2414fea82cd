import type { AgentId, Sha256 } from "#core/model/id.ts";
import { err, type Result } from "#core/base/result.ts";
import { parsePairingCode } from "#core/pairing/code.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { RefusalCode } from "#core/pairing/refusal.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { Authority } from "./authority.ts";
import { openDoor } from "./door.ts";
import { runExchange } from "./exchange.ts";

/** What the app remembers of an agent it paired with. */
export interface PairedAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly fingerprint: Sha256;
  readonly address: string;
  readonly port: number;
  readonly linkPort: number;
}

/** Why a pairing failed: what the agent refused, or what this end found. The message can be shown as it is. */
export interface PairFailure {
  readonly code: RefusalCode | "bad-code" | "unreachable" | "not-an-agent" | "wrong-agent" | "cancelled";
  readonly message: string;
}

/** One attempt to pair. `expected` is what discovery said; whoever else answers there is not paired with. */
export interface PairRequest {
  readonly host: string;
  readonly port: number;
  /** As the person typed it. */
  readonly code: string;
  readonly appName: string;
  readonly expected?: { readonly id: AgentId; readonly fingerprint: string };
  readonly signal: AbortSignal;
}

export interface PairerPorts {
  readonly authority: Authority;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
}

/** Pairs this app with agents. Rule FLEET-2. */
export interface Pairer {
  pair(request: PairRequest): Promise<Result<PairedAgent, PairFailure>>;
}

/** Makes a pairer of the app that `authority` stands for. */
export function createPairer(ports: PairerPorts): Pairer {
  return {
    async pair(request) {
      const result = await pair(ports, request);
      const { host: address, port } = request;
      if (result.ok) ports.log.info("paired with an agent", { address, port, agent: result.value.id });
      else ports.log.warn("pairing failed", { address, port, ...result.error });
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
    if (request.expected !== undefined && request.expected.fingerprint !== fingerprint) {
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
