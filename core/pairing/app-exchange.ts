import { assertNever } from "../base/assert.ts";
import type { AgentId, AppId, Sha256 } from "../model/id.ts";
import type { PairingCode } from "./code.ts";
import { PAIRING_VERSION, type PairingMessage } from "./messages.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { derivePairingSecret } from "./secret.ts";
import { finishSpake2, isConfirmed, type Spake2Keys, startSpake2, toScalar } from "./spake2.ts";
import { pairingContext } from "./transcript.ts";

/** What the app knows when it begins. */
export interface AppExchangeInput {
  readonly app: AppId;
  readonly appName: string;
  readonly authority: Sha256;
  readonly code: PairingCode;
  /** Of the key seen in the TLS handshake; the agent's id is its first half, so the agent cannot claim another one. */
  readonly fingerprint: Sha256;
  /** `SCALAR_BYTES` bytes of chance, used once. */
  readonly chance: Uint8Array;
}

/** Where the app's side of the exchange stands. */
export type AppExchange =
  | { readonly kind: "awaits-offer"; readonly input: AppExchangeInput }
  | { readonly kind: "awaits-agreement"; readonly agent: AgentId; readonly keys: Spake2Keys }
  | { readonly kind: "may-grant"; readonly agent: AgentId }
  | { readonly kind: "awaits-done"; readonly agent: AgentId }
  | { readonly kind: "ended" };

/** What came of a message: what to send, and what it means. */
export interface AppStep {
  readonly next: AppExchange;
  readonly send: PairingMessage | undefined;
  readonly outcome: AppOutcome;
}

/** `confirmed`: both ends proved the code; issue the agent's certificate and call `grantAsApp`. */
export type AppOutcome =
  | { readonly kind: "going-on" }
  | { readonly kind: "confirmed"; readonly agent: AgentId }
  | { readonly kind: "paired"; readonly agent: AgentId; readonly name: string; readonly linkPort: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Opens the exchange: says who the app is, proves nothing yet. */
export function beginAsApp(input: AppExchangeInput): AppStep {
  const { app, appName, authority } = input;
  const send = { kind: "hello", version: PAIRING_VERSION, app, appName, authority } as const;
  return { next: { kind: "awaits-offer", input }, send, outcome: { kind: "going-on" } };
}

/** What the app does about one message of the agent. A message out of turn ends the exchange. Total, never throws. */
export function stepAsApp(state: AppExchange, message: PairingMessage): AppStep {
  if (message.kind === "refused") return end(message.refusal);
  switch (state.kind) {
    case "awaits-offer":
      return message.kind === "offer" ? answerOffer(state.input, message) : outOfTurn(message);
    case "awaits-agreement":
      if (message.kind !== "agreed") return outOfTurn(message);
      // The agent checked our proof first and found it right, so an answer that does not fit is no typing error.
      if (!isConfirmed(state.keys, message.confirmation)) {
        return end(
          refusal(
            "wrong-code",
            "The agent could not prove that it knows the code: it may be an impostor. Nothing was paired.",
          ),
        );
      }
      return {
        next: { kind: "may-grant", agent: state.agent },
        send: undefined,
        outcome: { kind: "confirmed", agent: state.agent },
      };
    case "awaits-done":
      if (message.kind !== "done" || message.agent !== state.agent) return outOfTurn(message);
      return {
        next: { kind: "ended" },
        send: undefined,
        outcome: { kind: "paired", agent: state.agent, name: message.name, linkPort: message.linkPort },
      };
    case "may-grant":
    case "ended":
      return outOfTurn(message);
    default:
      return assertNever(state);
  }
}

/** Hands over the certificate after `confirmed`; in any other state nothing is sent and the exchange ends. */
export function grantAsApp(state: AppExchange, authorityPem: string, certificatePem: string): AppStep {
  if (state.kind !== "may-grant") return end(refusal("malformed"));
  const next = { kind: "awaits-done", agent: state.agent } as const;
  return { next, send: { kind: "grant", authorityPem, certificatePem }, outcome: { kind: "going-on" } };
}

function answerOffer(input: AppExchangeInput, offer: PairingMessage & { kind: "offer" }): AppStep {
  if (offer.version !== PAIRING_VERSION) return end(refusal("version"));
  if (offer.agent !== input.fingerprint.slice(0, 16)) {
    return end(
      refusal("malformed", "The agent's id does not belong to its key: it may be an impostor. Nothing was paired."),
    );
  }
  const start = startSpake2("A", derivePairingSecret(input.code, offer.salt), toScalar(input.chance));
  const { app, appName, authority, fingerprint } = input;
  const context = pairingContext({ app, appName, authority, fingerprint, agent: offer.agent, salt: offer.salt });
  const keys = finishSpake2(start, offer.share, context);
  if (!keys.ok) return end(refusal("malformed", "The agent sent a share that is not valid. Nothing was paired."));
  return {
    next: { kind: "awaits-agreement", agent: offer.agent, keys: keys.value },
    send: { kind: "proof", share: start.share, confirmation: keys.value.confirmation },
    outcome: { kind: "going-on" },
  };
}

function outOfTurn(message: PairingMessage): AppStep {
  return end(refusal("malformed", `The agent sent "${message.kind}" out of turn. Nothing was paired.`));
}

function end(reason: Refusal): AppStep {
  return { next: { kind: "ended" }, send: undefined, outcome: { kind: "refused", refusal: reason } };
}
