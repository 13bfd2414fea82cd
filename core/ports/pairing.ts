import type { Result } from "../base/result.ts";
import type { CancelSignal } from "../base/cancel.ts";
import type { AgentId } from "../model/id.ts";

/** An agent that has just been paired: what to remember of it. */
export interface PairedAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly fingerprint: string;
  readonly address: string;
  readonly port: number;
  readonly linkPort: number;
}

/** `code` is stable (`wrong-code`, `too-many-tries`, `expired`, `unreachable` …); the message says what to do. */
export interface PairingFailure {
  readonly code: string;
  readonly message: string;
}

/** Proves both ends to each other with a one-time code and leaves each with what mutual TLS needs. Rule FLEET-2. */
export interface Pairer {
  pair(request: {
    readonly host: string;
    readonly port: number;
    readonly code: string;
    readonly appName: string;
    /** When the agent was seen by mDNS: anything else at that address is refused. */
    readonly expected: { readonly id: AgentId; readonly fingerprint: string } | null;
    readonly signal: CancelSignal | null;
  }): Promise<Result<PairedAgent, PairingFailure>>;
}
