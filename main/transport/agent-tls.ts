import type { ConnectionOptions } from "node:tls";
import type { AgentId, Sha256 } from "#core/model/id.ts";

/**
 * TLS for connecting to a paired agent: the app's own certificate, its authority as the only root, the server name that
 * selects it, and a `checkServerIdentity` that accepts nobody but this agent with this key.
 */
export type AgentTls = (agent: { readonly id: AgentId; readonly fingerprint: Sha256 }) => Promise<ConnectionOptions>;
