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
