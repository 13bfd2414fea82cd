import type { AgentId, AppId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { CertificateKeeper, SignedCertificate } from "#core/ports/trust.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";

/** An app that has not answered, or not well, is asked again after this. */
export const ASK_AGAIN_MS = 5 * 60_000;

interface AskerInput {
  readonly app: AppId;
  readonly certificates: CertificateKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly send: (message: AgentMessage) => void;
}

/** Gets a new certificate over an open link in time, without disturbing what runs over it. Rule FLEET-2. */
export class CertificateAsker {
  readonly #input: AskerInput;
  #askedMs = -Infinity;
  /** Whether an answer is awaited: an app cannot push certificates that nobody asked for. */
  #isAsking = false;

  constructor(input: AskerInput) {
    this.#input = input;
  }

  askIfDue(): void {
    const { app, certificates, clock, log, send } = this.#input;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#askedMs < ASK_AGAIN_MS || !certificates.isDue(app)) return;
    this.#askedMs = nowMs;
    certificates.request().then(
      (request) => {
        this.#isAsking = true;
        send({ kind: "renew", request });
      },
      (error: unknown) => log.error("a certificate could not be asked for", { app, error: String(error) }),
    );
  }

  revoke(agents: readonly AgentId[]): void {
    const { app, certificates, log } = this.#input;
    certificates.revoke(app, agents).catch((error: unknown) => {
      log.error("who is not paired any more could not be stored", { app, error: String(error) });
    });
  }

  take(signed: SignedCertificate): void {
    const { app, certificates, log } = this.#input;
    if (!this.#isAsking) return;
    this.#isAsking = false;
    // Why it was not taken is in the log already.
    certificates.take(app, signed).catch((error: unknown) => {
      log.error("a new certificate could not be taken", { app, error: String(error) });
    });
  }
}
