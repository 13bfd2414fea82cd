import type { Duplex } from "node:stream";
import type { Disposable } from "#core/base/dispose.ts";
import type { EpochMs } from "#core/model/id.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import type { Refusal } from "#core/pairing/refusal.ts";
import { refusal } from "#core/pairing/refusal.ts";
import { GateCodes } from "./gate-codes.ts";
import type { PairingGateInput } from "./gate-input.ts";
import { type GateRules, GateSession } from "./gate-session.ts";
import { RateLimit, STARTS, VISITS, WRONG_CODES } from "./rate-limit.ts";

/** The only way to become an agent's app. Rule FLEET-2. */
export interface PairingGate extends Disposable {
  /** Runs one exchange over an open stream; resolves when the exchange is over and the stream is closed or ending. */
  serve(stream: Duplex, peer: { readonly address: string }): Promise<void>;
  /** The code that works now, if one does. */
  code(): { readonly code: PairingCode; readonly validUntil: EpochMs; readonly triesLeft: number } | undefined;
  /** Ends the current code and shows a new one. */
  renew(): void;
}

/** Connections at the gate at once, in all and of one address. */
const MAX_SESSIONS = 16;
const MAX_SESSIONS_PER_ADDRESS = 4;
/** An exchange takes a fraction of this; who stands longer gives way when the gate is full. */
const GIVES_WAY_AFTER_MS = 1_000;

/** Opens the gate: a first code is shown before this returns. */
export function createPairingGate(input: PairingGateInput): PairingGate {
  return new Gate(input);
}

/**
 * Exchanges of several addresses go on side by side, so that nobody holds the gate by saying nothing; one address has one at a
 * time. Tries are counted where a proof is checked, and only one session can have proved the code.
 */
class Gate implements PairingGate, GateRules {
  readonly #input: PairingGateInput;
  readonly #codeBook: GateCodes;
  readonly #starts: RateLimit;
  readonly #wrongCodes: RateLimit;
  readonly #visits: RateLimit;
  readonly #sessions = new Set<GateSession>();
  readonly #exchanging = new Map<string, GateSession>();
  #proved: GateSession | undefined;

  constructor(input: PairingGateInput) {
    this.#input = input;
    const { codes: source, identity, clock, random } = input;
    this.#codeBook = new GateCodes({ source, identity, clock, random });
    this.#starts = new RateLimit(clock, STARTS);
    this.#wrongCodes = new RateLimit(clock, WRONG_CODES);
    this.#visits = new RateLimit(clock, VISITS);
  }

  async serve(stream: Duplex, peer: { readonly address: string }): Promise<void> {
    // A server for both families sees IPv4 peers so; people know them without.
    const address = peer.address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
    this.#visits.count(address);
    if (!this.#hasRoom(address)) {
      this.#input.log.warn("pairing refused", { address, code: "busy", message: "too many connections" });
      stream.destroy();
      return;
    }
    const session = new GateSession({ ...this.#input, codeBook: this.#codeBook, rules: this, stream, address });
    this.#sessions.add(session);
    await session.run();
    this.#sessions.delete(session);
    if (this.#exchanging.get(address) === session) this.#exchanging.delete(address);
    if (this.#proved === session) this.#proved = undefined;
  }

  #hasRoom(address: string): boolean {
    const ofAddress = [...this.#sessions].filter((session) => session.address === address).length;
    if (ofAddress >= MAX_SESSIONS_PER_ADDRESS) return false;
    if (this.#sessions.size < MAX_SESSIONS) return true;
    const victim = this.#whoGivesWay(address);
    if (victim === undefined) return false;
    victim.giveWay();
    this.#sessions.delete(victim);
    return true;
  }

  /** Whoever knocks more often than the newcomer, the most persistent first; else the oldest, once it has had its time. */
  #whoGivesWay(newcomer: string): GateSession | undefined {
    const visits = (session: GateSession): number => this.#visits.timesOf(session.address);
    // Who has proved the code is let finish. Sets keep the order of arrival.
    const others = [...this.#sessions].filter((session) => session !== this.#proved);
    const [oldest] = others;
    const [busiest] = others.sort((left, right) => visits(right) - visits(left));
    if (busiest !== undefined && visits(busiest) > this.#visits.timesOf(newcomer)) return busiest;
    if (oldest === undefined || this.#input.clock.monotonicMs() - oldest.sinceMs < GIVES_WAY_AFTER_MS) return undefined;
    return oldest;
  }

  mayBegin(session: GateSession): Refusal | undefined {
    const { address } = session;
    if (this.#exchanging.has(address)) return refusal("busy");
    if (this.#starts.isReached(address)) {
      return refusal("too-many-tries", "Too many attempts from this address. Wait a minute, then try again.");
    }
    this.#starts.count(address);
    if (this.#wrongCodes.isReached(address)) {
      return refusal(
        "too-many-tries",
        "Too many wrong codes came from this address. Wait ten minutes, or restart the agent.",
      );
    }
    this.#exchanging.set(address, session);
    return undefined;
  }

  mayProve(): Refusal | undefined {
    return this.#proved === undefined ? undefined : refusal("busy");
  }

  proved(session: GateSession): void {
    this.#proved = session;
  }

  guessedWrong(session: GateSession): void {
    this.#wrongCodes.count(session.address);
  }

  code(): ReturnType<PairingGate["code"]> {
    const { life } = this.#codeBook;
    if (life.kind !== "live" || this.#input.clock.now() >= life.validUntil) return undefined;
    return { code: life.code, validUntil: life.validUntil, triesLeft: life.triesLeft };
  }

  renew(): void {
    this.#codeBook.renew();
  }

  dispose(): void {
    this.#codeBook.close();
    for (const session of this.#sessions) session.abort();
  }
}
