/** Why a pairing was refused, as it travels. Rule FLEET-2. */
export const REFUSAL_CODES = [
  "wrong-code",
  "expired",
  "too-many-tries",
  "not-pairing",
  "busy",
  "timeout",
  "version",
  "malformed",
  "bad-certificate",
  "failed",
] as const;

/** One of `REFUSAL_CODES`. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal with a sentence a person can act on. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

const SENTENCES: Readonly<Record<RefusalCode, string>> = {
  "wrong-code":
    "The code is not the one the agent shows now. Read it again on the agent's machine; it changes after each use.",
  expired: "The agent's code was older than 10 minutes. The agent now shows a new one; type that.",
  "too-many-tries": "Too many wrong codes were tried. The agent shows a new code in a while; type that one.",
  "not-pairing": "The agent does not accept pairings now.",
  busy: "The agent is busy with another pairing. Try again in a few seconds.",
  timeout: "The pairing took longer than 15 seconds. Try again.",
  version:
    "The agent and this app speak different versions of the pairing protocol. Install the same version of Lanweave on both.",
  malformed: "The other end did not follow the pairing protocol.",
  "bad-certificate": "The certificate offered to the agent is not for its key, or not from the app that paired.",
  failed: "The agent could not store the pairing. Its log says why.",
};

/** A refusal with its usual sentence, or with a more precise one. */
export function refusal(code: RefusalCode, message: string = SENTENCES[code]): Refusal {
  return { code, message };
}
