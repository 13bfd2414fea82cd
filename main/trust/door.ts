import { connect, type TLSSocket } from "node:tls";
import type { CancelSignal } from "#core/base/cancel.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import type { Sha256 } from "#core/model/id.ts";
import { DOOR_PROTOCOL } from "#core/pairing/messages.ts";
import type { Clock } from "#core/ports/clock.ts";
import { fingerprintOf, spkiOf } from "./certificates.ts";
import type { PairFailure } from "./pair-failure.ts";

/** An open connection to somebody's front door, and the key seen in its handshake. */
export interface OpenDoor {
  readonly socket: TLSSocket;
  readonly publicKeySpki: Uint8Array;
  readonly fingerprint: Sha256;
}

const CONNECT_DEADLINE_MS = 10_000;

/** Connects to an agent's front door. Its certificate is not trusted, only looked at: the exchange decides. */
export async function openDoor(
  target: { readonly host: string; readonly port: number; readonly signal: CancelSignal | null },
  clock: Clock,
): Promise<Result<OpenDoor, PairFailure>> {
  const { host, port, signal } = target;
  if (signal?.aborted === true) return err(cancelled());
  const done = Promise.withResolvers<Result<OpenDoor, PairFailure>>();
  const socket = connect({
    host,
    port,
    ALPNProtocols: [DOOR_PROTOCOL],
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
    // Otherwise Node would send the host's name, and an agent serves only names of apps it is paired with.
    servername: "",
  });
  const fail = (failure: PairFailure): void => done.resolve(err(failure));
  const abort = (): void => fail(cancelled());
  const stop = clock.after(CONNECT_DEADLINE_MS, () => fail(unreachable(target, "it did not answer within 10 s")));
  signal?.addEventListener("abort", abort);
  socket.on("error", (error) => fail(failureOf(target, error)));
  socket.once("close", () => fail(notAnAgent(target)));
  socket.once("secureConnect", () => done.resolve(inspect(socket, target)));
  const result = await done.promise;
  stop();
  signal?.removeEventListener("abort", abort);
  if (!result.ok) socket.destroy();
  return result;
}

/** The person changed their mind, or the app quits. */
export function cancelled(): PairFailure {
  return { code: "cancelled", message: "The pairing was cancelled." };
}

function inspect(
  socket: TLSSocket,
  target: { readonly host: string; readonly port: number },
): Result<OpenDoor, PairFailure> {
  const key = socket.getPeerX509Certificate()?.publicKey;
  if (socket.alpnProtocol !== DOOR_PROTOCOL || key === undefined || key.asymmetricKeyType !== "ec") {
    return err(notAnAgent(target));
  }
  return ok({ socket, publicKeySpki: spkiOf(key), fingerprint: fingerprintOf(key) });
}

function notAnAgent({ host, port }: { readonly host: string; readonly port: number }): PairFailure {
  return {
    code: "not-an-agent",
    message: `What answers at ${host}, port ${port}, is not a Lanweave agent. Check the address and the port.`,
  };
}

function unreachable({ host, port }: { readonly host: string; readonly port: number }, reason: string): PairFailure {
  return {
    code: "unreachable",
    message: `No agent could be reached at ${host}, port ${port}: ${reason}. Check that it runs, and that no firewall is between.`,
  };
}

function failureOf(target: { readonly host: string; readonly port: number }, error: Error): PairFailure {
  const code = "code" in error ? String(error.code) : "";
  // Whoever answers but does not speak our TLS is something else than an agent.
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || code === "EPROTO" || code === "ECONNRESET")
    return notAnAgent(target);
  return unreachable(target, code === "" ? error.message : code);
}
