import { bytesToHex } from "@noble/hashes/utils.js";
import type { AgentId, AppId, Sha256 } from "../model/id.ts";
import { PAIRING_VERSION } from "./messages.ts";
import type { Spake2Context } from "./spake2.ts";

/** What both ends must have seen alike for a pairing to be confirmed. */
export interface PairingBinding {
  readonly app: AppId;
  readonly appName: string;
  /** SHA-256 of the app's authority certificate, DER. */
  readonly authority: Sha256;
  readonly agent: AgentId;
  /** SHA-256 of the key the agent used in the TLS handshake: the app takes it from the wire, the agent from its own key. */
  readonly fingerprint: Sha256;
  readonly salt: Uint8Array;
}

/**
 * The identities and the associated data of the exchange. A machine in the middle shows the app another key than the
 * agent's, so the two ends make different contexts of it and neither confirmation fits. Rule FLEET-2.
 */
export function pairingContext(binding: PairingBinding): Spake2Context {
  return {
    identityA: `lanweave app ${binding.app} ${binding.authority}`,
    identityB: `lanweave agent ${binding.agent} ${binding.fingerprint}`,
    associated: JSON.stringify(["lanweave pairing", PAIRING_VERSION, binding.appName, bytesToHex(binding.salt)]),
  };
}
