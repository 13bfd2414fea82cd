import type { Duplex } from "node:stream";
import {
  AGENT_EXCHANGE_START,
  type AgentExchange,
  type AgentOutcome,
  type AgentStep,
  refuseAsAgent,
  stepAsAgent,
  storedAsAgent,
} from "#core/pairing/agent-exchange.ts";
import { assertNever } from "#core/base/assert.ts";
import { LineBuffer } from "#core/pairing/lines.ts";
import { encodePairingMessage, MAX_LINE_BYTES, parsePairingMessage } from "#core/pairing/messages.ts";
import { refusal, type Refusal } from "#core/pairing/refusal.ts";
import type { GateCodes } from "./gate-codes.ts";
import type { PairingGateInput } from "./gate-input.ts";
import { whyNotGranted } from "./granted-certificate.ts";

/** One exchange, from the first byte to the last, may take this long. */
export const EXCHANGE_DEADLINE_MS = 15_000;
/** How long the other end may take to close after the last message. */
const CLOSE_GRACE_MS = 1_000;

/** What the gate has to say about a session among others. */
export interface GateRules {
  /** Why it may not begin an exchange now. Begun, it counts. */
  mayBegin(session: GateSession): Refusal | undefined;
  /** Why its proof is not looked at now. */
  mayProve(): Refusal | undefined;
  proved(session: GateSession): void;
  guessedWrong(session: GateSession): void;
}

interface SessionInput extends Omit<PairingGateInput, "codes"> {
  readonly codeBook: GateCodes;
  readonly rules: GateRules;
  readonly stream: Duplex;
  readonly address: string;
}

/** One peer at the gate: reads its lines, runs them through the exchange, does what comes out. */
export class GateSession {
  readonly #input: SessionInput;
  readonly #lines = new LineBuffer();
  /** When it came, by the monotonic clock. */
  readonly sinceMs: number;
  readonly #ended = Promise.withResolvers<void>();
  #exchange: AgentExchange = AGENT_EXCHANGE_START;
  #isOver = false;
  #stopTimers: (() => void)[] = [];

  constructor(input: SessionInput) {
    this.#input = input;
    this.sinceMs = input.clock.monotonicMs();
  }

  get address(): string {
    return this.#input.address;
  }

  /** Resolves when the exchange is over: paired, refused, or the peer gone. */
  run(): Promise<void> {
    const { stream, clock } = this.#input;
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => this.#read(chunk));
    stream.on("error", (error) => this.#gone(error.message));
    stream.on("close", () => this.#gone("the connection was closed"));
    stream.on("end", () => this.#gone("the connection was closed"));
    this.#stopTimers.push(clock.after(EXCHANGE_DEADLINE_MS, () => this.#refuse(refusal("timeout"))));
    return this.#ended.promise;
  }

  /** The gate closes. */
  abort(): void {
    this.#refuse(refusal("not-pairing"));
    this.#input.stream.destroy();
  }

  /** The gate is full, and this one has stood in it for long. */
  giveWay(): void {
    this.#refuse(refusal("busy"));
    this.#input.stream.destroy();
  }

  #read(chunk: string): void {
    const lines = this.#isOver ? [] : this.#lines.push(chunk);
    if (lines === undefined) {
      return this.#refuse(refusal("malformed", `A line was longer than ${MAX_LINE_BYTES} bytes.`));
    }
    for (const line of lines) if (!this.#isOver) this.#readLine(line);
  }

  #readLine(line: string): void {
    const message = parsePairingMessage(line);
    if (!message.ok) return this.#refuse(refusal("malformed", `The agent did not understand: ${message.error}.`));
    if (this.#exchange.kind === "awaits-proof") {
      // Between hello and proof the code may have expired, or have been renewed by a person.
      const { codeBook, rules } = this.#input;
      const reason = codeBook.whyClosed(this.#exchange.input.salt) ?? rules.mayProve();
      if (reason !== undefined) return this.#refuse(reason);
    }
    this.#apply(stepAsAgent(this.#exchange, message.value, () => this.#open()));
  }

  #open(): ReturnType<GateCodes["open"]> {
    // Who may try at all is asked first: making the secret costs tens of milliseconds.
    return this.#input.rules.mayBegin(this) ?? this.#input.codeBook.open();
  }

  #apply(step: AgentStep): void {
    this.#exchange = step.next;
    if (step.send !== undefined) this.#input.stream.write(encodePairingMessage(step.send));
    this.#act(step.outcome);
  }

  #act(outcome: AgentOutcome): void {
    const { codeBook, log, rules } = this.#input;
    switch (outcome.kind) {
      case "going-on":
        return;
      case "confirmed":
        return rules.proved(this);
      case "wrong-code":
        rules.guessedWrong(this);
        return this.#refuse(codeBook.wrongTry(), outcome.peer);
      case "granted":
        // `#store` catches whatever goes wrong and tells both the peer and the log.
        return void this.#store(outcome);
      case "paired":
        codeBook.used();
        log.info("paired", { address: this.address, app: outcome.peer.app, appName: outcome.peer.appName });
        return this.#finish();
      case "refused":
        this.#logRefusal(outcome.refusal, undefined);
        return this.#finish();
      default:
        return assertNever(outcome);
    }
  }

  async #store(granted: AgentOutcome & { kind: "granted" }): Promise<void> {
    const { identity, pairings, clock, log, name, linkPort } = this.#input;
    const { peer, authorityPem, certificatePem } = granted;
    const pairedAt = clock.now();
    const reason = whyNotGranted(granted, peer, identity, pairedAt);
    if (reason !== undefined) {
      return this.#refuse(refusal("bad-certificate", `The agent refused the certificate: ${reason}.`), peer);
    }
    try {
      await pairings.add({ app: peer.app, appName: peer.appName, authorityPem, certificatePem, pairedAt });
    } catch (error) {
      log.error("the pairing could not be stored", { app: peer.app, error: String(error) });
      return this.#refuse(refusal("failed"), peer);
    }
    // Even if the peer went away meanwhile: the pairing is stored, so the code has been used.
    if (this.#isOver) return this.#input.codeBook.used();
    this.#apply(storedAsAgent(this.#exchange, identity.id, name, linkPort()));
  }

  #refuse(reason: Refusal, peer?: { readonly app: string; readonly appName: string }): void {
    if (this.#isOver) return;
    const step = refuseAsAgent(reason);
    this.#exchange = step.next;
    if (step.send !== undefined && this.#input.stream.writable)
      this.#input.stream.write(encodePairingMessage(step.send));
    this.#logRefusal(reason, peer);
    this.#finish();
  }

  #logRefusal(reason: Refusal, peer: { readonly app: string; readonly appName: string } | undefined): void {
    const fields = { address: this.address, code: reason.code, message: reason.message };
    this.#input.log.warn(
      "pairing refused",
      peer === undefined ? fields : { ...fields, app: peer.app, appName: peer.appName },
    );
  }

  #gone(reason: string): void {
    if (this.#isOver) return;
    this.#input.log.warn("pairing broken off", { address: this.address, during: this.#exchange.kind, reason });
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stop of this.#stopTimers) stop();
    const { stream, clock } = this.#input;
    stream.end();
    const stop = clock.after(CLOSE_GRACE_MS, () => stream.destroy());
    stream.once("close", stop);
    this.#ended.resolve();
  }
}
