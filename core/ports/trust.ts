import type { Result } from "../base/result.ts";
import type { AgentId, AppId } from "../model/id.ts";

/** A key with its certificate chain, PEM. The key never leaves the process's own data folder (files of mode 0600). */
export interface Credential {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** What one side needs to speak mutual TLS 1.3 with the other side of a pairing. Rule FLEET-2. */
export interface TrustedPeer {
  /** The app's certificate authority, PEM: the only root either side accepts for this pairing. */
  readonly authorityPem: string;
}

/** A new certificate for an agent, with the one of the authority that signed it. */
export interface SignedCertificate extends TrustedPeer {
  readonly certificatePem: string;
}

/** The system's protection of secrets, where it offers one: what is sealed can be opened only by the same user on the same machine. */
export interface KeyVault {
  /** Nothing more is to be sealed, and what was is to be taken out. */
  readonly isLeft: boolean;
  /** Null where the system offers no protection now. */
  seal(text: string): Promise<string | null>;
  /** Null when it cannot be opened: the keyring is locked, or it was sealed by somebody else. */
  open(sealed: string): Promise<string | null>;
}

/** The app's authority, as the coordinator uses it. Rule FLEET-2. */
export interface CertificateSigner {
  /**
   * Answers an agent's request (PKCS#10, DER, base64) with a certificate for the id and the key it was paired with, and for
   * no other. The error says why there is none. Never rejects.
   */
  sign(
    agent: { readonly id: AgentId; readonly fingerprint: string },
    request: string,
  ): Promise<Result<SignedCertificate, string>>;
}

/** The certificates that apps have given to an agent, as its desk uses them. Rule FLEET-2. */
export interface CertificateKeeper {
  /** Whether the certificate of this app should be made anew. Cheap: asked with every heartbeat. */
  isDue(app: AppId): boolean;
  /** A request for a new one (PKCS#10, DER, base64), signed by the agent's key. */
  request(): Promise<string>;
  /** Checks and stores what the app signed; used from the next connection on. The error says what is wrong with it. */
  take(app: AppId, signed: SignedCertificate): Promise<Result<null, string>>;
  /** From now on these agents of the app, and no others, are refused though their certificates are good. */
  revoke(app: AppId, agents: readonly AgentId[]): Promise<void>;
}
