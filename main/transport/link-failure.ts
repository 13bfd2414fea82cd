import type { LinkFailure } from "#core/ports/link.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EINVAL",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);

/** What an error on a socket means for the link. Anything TLS objects to is a matter of trust. */
export function toLinkFailure(error: unknown, address: string): LinkFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  if (UNREACHABLE.has(code)) return { code: "unreachable", message: `${address}: ${message}` };
  if (code.startsWith("ERR_IPC_")) return { code: "protocol", message: `${address}: ${message}` };
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || /CERT|SIGNATURE|wrong-agent/i.test(code)) {
    return { code: "untrusted", message: `${address}: ${message}` };
  }
  return { code: "closed", message: `${address}: ${message === "" ? "the connection was closed" : message}` };
}

/** Of several addresses that failed: who answered with a wrong key, or refused, says more than who did not answer. */
export function worstOf(failures: readonly LinkFailure[]): LinkFailure {
  const telling = ["untrusted", "refused"].map((code) => failures.find((failure) => failure.code === code));
  const worst = telling.find((failure) => failure !== undefined);
  if (worst !== undefined) return worst;
  const message = failures.map((failure) => failure.message).join("; ");
  return { code: failures[0]?.code ?? "unreachable", message: message === "" ? "the agent has no address" : message };
}
