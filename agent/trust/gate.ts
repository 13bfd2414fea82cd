import type { Duplex } from "node:stream";
import type { Disposable } from "#core/base/dispose.ts";
import type { EpochMs } from "#core/model/id.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import type { Refusal } from "#core/pairing/refusal.ts";
import { refusal } from "#core/pairing/refusal.ts";
import { GateCodes } from "./gate-codes.ts";
import type { PairingGateInput } from "./gate-input.ts";
import { GateSession } from "./gate-session.ts";
import { RateLimit } from "./rate-limit.ts";

/** The only way to become an agent's app. Rule FLEET-2. */
export interface PairingGate extends Disposable {
  /** Runs one exchange over an open stream; resolves when the exchange is over and the stream is closed or ending. */
  serve(stream: Duplex, peer: { readonly address: string }): Promise<void>;
  /** The code that works now, if one does. */
  code(): { readonly code: PairingCode; readonly validUntil: EpochMs; readonly triesLeft: number } | undefined;
  /** Ends the current code and shows a new one. */
  renew(): void;
}

/** Connections at the gate at once, in all and of one address; more are turned away. */
const MAX_SESSIONS = 16;
const MAX_SESSIONS_PER_ADDRESS = 4;

/** Opens the gate: a first code is shown before this returns. */
export function createPairingGate(input: PairingGateInput): PairingGate {
  const { identity, clock, random, log } = input;
  const codeBook = new GateCodes({ source: input.codes, identity, clock, random });
  const rate = new RateLimit(clock);
  const sessions = new Set<GateSession>();
  let holder: GateSession | undefined;

  const admit = (session: GateSession): Refusal | undefined => {
    if (holder !== undefined) return refusal("busy");
    if (!rate.admit(session.address)) {
      return refusal("too-many-tries", "Too many attempts from this address. Wait a minute, then try again.");
    }
    holder = session;
    return undefined;
  };

  return {
    async serve(stream, peer) {
      // A server for both families sees IPv4 peers so; people know them without.
      const address = peer.address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
      const ofAddress = [...sessions].filter((session) => session.address === address).length;
      if (sessions.size >= MAX_SESSIONS || ofAddress >= MAX_SESSIONS_PER_ADDRESS) {
        log.warn("pairing refused", { address, code: "busy", message: "too many connections" });
        stream.destroy();
        return;
      }
      const session = new GateSession({ ...input, codeBook, admit, stream, address });
      sessions.add(session);
      await session.run();
      sessions.delete(session);
      if (holder === session) holder = undefined;
    },
    code() {
      const { life } = codeBook;
      if (life.kind !== "live" || clock.now() >= life.validUntil) return undefined;
      return { code: life.code, validUntil: life.validUntil, triesLeft: life.triesLeft };
    },
    renew: () => codeBook.renew(),
    dispose() {
      codeBook.close();
      for (const session of sessions) session.abort();
    },
  };
}
