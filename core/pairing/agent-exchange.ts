import { assertNever } from "../base/assert.ts";
import type { AgentId, AppId, Sha256 } from "../model/id.ts";
import { PAIRING_VERSION, type PairingMessage } from "./messages.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { finishSpake2, isConfirmed, type Spake2Start, startSpake2, toScalar } from "./spake2.ts";
import { pairingContext } from "./transcript.ts";

/** What the agent brings into one exchange. */
export interface AgentExchangeInput {
  readonly agent: AgentId;
  readonly fingerprint: Sha256;
  readonly salt: Uint8Array;
  /** `derivePairingSecret` of the current code and this salt. */
  readonly secret: bigint;
  /** `SCALAR_BYTES` bytes of chance, used once. */
  readonly chance: Uint8Array;
}

/** Who asked to pair, as far as it said so itself; proven only once the exchange is confirmed. */
export interface PairingApp {
  readonly app: AppId;
  readonly appName: string;
  readonly authority: Sha256;
}

/** Where the agent's side of the exchange stands. */
export type AgentExchange =
  | { readonly kind: "awaits-hello" }
  | {
      readonly kind: "awaits-proof";
      readonly input: AgentExchangeInput;
      readonly peer: PairingApp;
      readonly start: Spake2Start;
    }
  | { readonly kind: "awaits-grant"; readonly peer: PairingApp }
  | { readonly kind: "storing"; readonly peer: PairingApp }
  | { readonly kind: "ended" };

/** What came of a message: what to send, and what it means. */
export interface AgentStep {
  readonly next: AgentExchange;
  readonly send: PairingMessage | undefined;
  readonly outcome: AgentOutcome;
}

/**
 * `wrong-code`: count a try and answer with `refuseAsAgent`; the peer has learned nothing so far. `granted`: check and
 * store the certificates, then call `storedAsAgent` or `refuseAsAgent`.
 */
export type AgentOutcome =
  | { readonly kind: "going-on" }
  | { readonly kind: "confirmed"; readonly peer: PairingApp }
  | {
      readonly kind: "granted";
      readonly peer: PairingApp;
      readonly authorityPem: string;
      readonly certificatePem: string;
    }
  | { readonly kind: "paired"; readonly peer: PairingApp }
  | { readonly kind: "wrong-code"; readonly peer: PairingApp }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The state every exchange begins in. */
export const AGENT_EXCHANGE_START: AgentExchange = { kind: "awaits-hello" };

/**
 * What the agent does about one message of the app. `open` is asked once, at the hello, for the current code's secret,
 * or for the reason why there is none. A message out of turn ends the exchange. Total, never throws.
 */
export function stepAsAgent(
  state: AgentExchange,
  message: PairingMessage,
  open: () => AgentExchangeInput | Refusal,
): AgentStep {
  if (message.kind === "refused") return ended({ kind: "refused", refusal: message.refusal }, undefined);
  switch (state.kind) {
    case "awaits-hello":
      return message.kind === "hello" ? answerHello(message, open) : outOfTurn(message);
    case "awaits-proof":
      return message.kind === "proof" ? answerProof(state, message) : outOfTurn(message);
    case "awaits-grant": {
      if (message.kind !== "grant") return outOfTurn(message);
      const { peer } = state;
      const { authorityPem, certificatePem } = message;
      return {
        next: { kind: "storing", peer },
        send: undefined,
        outcome: { kind: "granted", peer, authorityPem, certificatePem },
      };
    }
    case "storing":
    case "ended":
      return outOfTurn(message);
    default:
      return assertNever(state);
  }
}

/** The pairing is durable: says so to the app. */
export function storedAsAgent(state: AgentExchange, agent: AgentId, name: string, linkPort: number): AgentStep {
  if (state.kind !== "storing") return refuseAsAgent(refusal("malformed"));
  return ended({ kind: "paired", peer: state.peer }, { kind: "done", agent, name, linkPort });
}

/** Ends the exchange, whatever its state, and says why. */
export function refuseAsAgent(reason: Refusal): AgentStep {
  return ended({ kind: "refused", refusal: reason }, { kind: "refused", refusal: reason });
}

function answerHello(hello: PairingMessage & { kind: "hello" }, open: () => AgentExchangeInput | Refusal): AgentStep {
  if (hello.version !== PAIRING_VERSION) return refuseAsAgent(refusal("version"));
  const input = open();
  if ("code" in input) return refuseAsAgent(input);
  const start = startSpake2("B", input.secret, toScalar(input.chance));
  const peer = { app: hello.app, appName: hello.appName, authority: hello.authority };
  const { agent, salt } = input;
  return {
    next: { kind: "awaits-proof", input, peer, start },
    send: { kind: "offer", version: PAIRING_VERSION, agent, salt, share: start.share },
    outcome: { kind: "going-on" },
  };
}

function answerProof(
  state: AgentExchange & { kind: "awaits-proof" },
  proof: PairingMessage & { kind: "proof" },
): AgentStep {
  const { agent, fingerprint, salt } = state.input;
  const keys = finishSpake2(state.start, proof.share, pairingContext({ ...state.peer, agent, fingerprint, salt }));
  // The app proves itself first: who guesses wrong has used up a try and gets nothing to test further guesses against.
  if (!keys.ok || !isConfirmed(keys.value, proof.confirmation)) {
    return ended({ kind: "wrong-code", peer: state.peer }, undefined);
  }
  return {
    next: { kind: "awaits-grant", peer: state.peer },
    send: { kind: "agreed", confirmation: keys.value.confirmation },
    outcome: { kind: "confirmed", peer: state.peer },
  };
}

function outOfTurn(message: PairingMessage): AgentStep {
  return refuseAsAgent(refusal("malformed", `The app sent "${message.kind}" out of turn. Nothing was paired.`));
}

function ended(outcome: AgentOutcome, send: PairingMessage | undefined): AgentStep {
  return { next: { kind: "ended" }, send, outcome };
}
