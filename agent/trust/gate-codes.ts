import type { EpochMs } from "#core/model/id.ts";
import type { AgentExchangeInput } from "#core/pairing/agent-exchange.ts";
import { CODE_CHANCE_BYTES, newPairingCode, type PairingCode } from "#core/pairing/code.ts";
import { afterWrongTry, type CodeLife, liveCode, whyNotOpen } from "#core/pairing/code-life.ts";
import { refusal, type Refusal } from "#core/pairing/refusal.ts";
import { derivePairingSecret, SALT_BYTES } from "#core/pairing/secret.ts";
import { SCALAR_BYTES } from "#core/pairing/spake2.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import type { Identity } from "./identity.ts";

/**
 * Where codes come from. `shown`: the gate makes them and `show` puts each before a person. `given`: one code known to
 * a program on the same machine; once used, expired or guessed at too often there is no other.
 */
export type CodeSource =
  | { readonly kind: "shown"; readonly show: (code: PairingCode, validUntil: EpochMs) => void }
  | { readonly kind: "given"; readonly code: PairingCode };

interface CodeInput {
  readonly source: CodeSource;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Random;
}

/** The gate's current code with its salt, tries and renewal. */
export class GateCodes {
  readonly #input: CodeInput;
  #life: CodeLife = { kind: "closed" };
  #salt: Uint8Array = new Uint8Array();
  #secret: bigint | undefined;
  #stopTimer = (): void => {};

  constructor(input: CodeInput) {
    this.#input = input;
    if (input.source.kind === "given") this.#begin(input.source.code, 0);
    else this.#renew(0);
  }

  get life(): CodeLife {
    return this.#life;
  }

  /** What the next exchange needs, or why there can be none. An expired code is replaced, and the new one shown. */
  open(): AgentExchangeInput | Refusal {
    const { identity, random, clock } = this.#input;
    const reason = whyNotOpen(this.#life, clock.now());
    if (reason !== undefined) return reason.code === "expired" ? this.#expired(reason) : reason;
    if (this.#life.kind !== "live") return refusal("not-pairing");
    this.#secret ??= derivePairingSecret(this.#life.code, this.#salt);
    const chance = random.bytes(SCALAR_BYTES);
    return { agent: identity.id, fingerprint: identity.fingerprint, salt: this.#salt, secret: this.#secret, chance };
  }

  /** Why an exchange that was opened with this salt may not be confirmed any more, if so. */
  whyClosed(salt: Uint8Array): Refusal | undefined {
    if (salt !== this.#salt) return refusal("expired", "The agent's code was renewed meanwhile. Type the new one.");
    const reason = whyNotOpen(this.#life, this.#input.clock.now());
    return reason?.code === "expired" ? this.#expired(reason) : reason;
  }

  /** Counts a wrong try and says what is left. */
  wrongTry(): Refusal {
    const { clock, source } = this.#input;
    this.#life = afterWrongTry(this.#life, clock.now());
    if (this.#life.kind === "live") {
      const left = this.#life.triesLeft;
      return refusal(
        "wrong-code",
        `The code is not the one the agent shows now; ${left} ${left === 1 ? "try is" : "tries are"} left. Read it again on the agent's machine.`,
      );
    }
    if (source.kind === "given") this.#life = { kind: "closed" };
    if (this.#life.kind === "closed") return refusal("wrong-code", "The code is wrong, and this was its last try.");
    const { until, usedUp } = this.#life;
    this.#stopTimer = clock.after(until - clock.now(), () => this.#renew(usedUp));
    const seconds = Math.ceil((until - clock.now()) / 1000);
    return refusal(
      "wrong-code",
      `The code is wrong, and this was its last try. The agent shows a new code in ${seconds} s; type that.`,
    );
  }

  /** The code has done its work. */
  used(): void {
    this.renew();
  }

  /** Ends the current code; a person gets a new one at once. */
  renew(): void {
    this.#stopTimer();
    if (this.#input.source.kind === "shown") this.#renew(0);
    else this.#life = { kind: "closed" };
  }

  close(): void {
    this.#stopTimer();
    this.#life = { kind: "closed" };
  }

  #expired(reason: Refusal): Refusal {
    if (this.#input.source.kind === "shown") {
      this.#renew(this.#life.kind === "live" ? this.#life.usedUp : 0);
      return reason;
    }
    this.#life = { kind: "closed" };
    return refusal("expired", "The agent's code was older than 10 minutes. Restart the agent to get a new one.");
  }

  #renew(usedUp: number): void {
    const { source, random } = this.#input;
    this.#begin(newPairingCode(random.bytes(CODE_CHANCE_BYTES)), usedUp);
    if (source.kind === "shown" && this.#life.kind === "live") source.show(this.#life.code, this.#life.validUntil);
  }

  #begin(code: PairingCode, usedUp: number): void {
    this.#life = liveCode(code, this.#input.clock.now(), usedUp);
    this.#salt = this.#input.random.bytes(SALT_BYTES);
    this.#secret = undefined;
  }
}
