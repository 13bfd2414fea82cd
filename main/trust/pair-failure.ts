import type { RefusalCode } from "#core/pairing/refusal.ts";
import type { PairingFailure } from "#core/ports/pairing.ts";

/** Why a pairing failed: what the agent refused, or what this end found. The message can be shown as it is. */
export interface PairFailure extends PairingFailure {
  readonly code: RefusalCode | "bad-code" | "unreachable" | "not-an-agent" | "wrong-agent" | "cancelled";
}
