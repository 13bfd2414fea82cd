import type { AgentId, AppId } from "../model/id.ts";

const DOMAIN = "lanweave.internal";

/** The TLS server name by which an app asks an agent for the certificate it signed itself. */
export function appServerName(app: AppId): string {
  return `${app}.${DOMAIN}`;
}

/** The app of a server name made by `appServerName`, whatever the letter case; otherwise `undefined`. */
export function parseAppServerName(name: string): AppId | undefined {
  const match = /^([0-9a-f]{16})\.lanweave\.internal$/.exec(name.toLowerCase());
  return match === null ? undefined : (match[1] as AppId);
}

/** The DNS name in an agent's certificate. */
export function agentServerName(agent: AgentId): string {
  return `${agent}.${DOMAIN}`;
}

/** Whom a certificate names, as the URL in its subject alternative name says. */
export type CertificateHolder =
  { readonly kind: "app"; readonly app: AppId } | { readonly kind: "agent"; readonly agent: AgentId };

/** `lanweave://app/<id>` or `lanweave://agent/<id>`. */
export function holderUrl(holder: CertificateHolder): string {
  return holder.kind === "app" ? `lanweave://app/${holder.app}` : `lanweave://agent/${holder.agent}`;
}

/**
 * The one holder in a subject alternative name as Node prints it (`DNS:..., URI:...`). `undefined` when there is none
 * or more than one. An agent's certificate must never pass for the app's, though both come from one authority.
 */
export function parseHolder(subjectAltName: string): CertificateHolder | undefined {
  const found = subjectAltName
    .split(", ")
    .map((entry) => /^URI:lanweave:\/\/(app|agent)\/([0-9a-f]{16})$/.exec(entry))
    .filter((match) => match !== null);
  const [kind, id] = found.length === 1 ? [found[0]?.[1], found[0]?.[2]] : [];
  if (kind === "app") return { kind, app: id as AppId };
  return kind === "agent" ? { kind, agent: id as AgentId } : undefined;
}
