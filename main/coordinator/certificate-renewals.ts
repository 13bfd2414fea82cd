import type { Result } from "#core/base/result.ts";
import type { AgentId } from "#core/model/id.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";
import type { Books } from "./books.ts";

/** An agent gets no more than one new certificate in so long, however often it asks. */
const SIGN_AGAIN_MS = 60_000;

/** Gives paired agents new certificates when they ask. Rule FLEET-2. */
export class CertificateRenewals {
  readonly #books: Books;
  readonly #askedMs = new Map<AgentId, number>();

  constructor(books: Books) {
    this.#books = books;
  }

  asked(agent: AgentId, request: string): void {
    const { fleet, ports, enqueue } = this.#books;
    const { certificates, clock, log } = ports;
    const target = fleet.target(agent);
    if (certificates === undefined || target === null) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - (this.#askedMs.get(agent) ?? -Infinity) < SIGN_AGAIN_MS) {
      log.warn("an agent asks for certificates too often", { agent, name: fleet.name(agent) });
      return;
    }
    this.#askedMs.set(agent, nowMs);
    void certificates.sign(target, request).then((signed) => enqueue({ kind: "certificate-signed", agent, signed }));
  }

  signed(agent: AgentId, signed: Result<SignedCertificate, string>): void {
    const { fleet, desk, ports } = this.#books;
    // The pairing may have ended meanwhile.
    if (!fleet.isPaired(agent)) return void this.#askedMs.delete(agent);
    const name = fleet.name(agent);
    if (!signed.ok) {
      ports.log.warn("an agent got no new certificate", { agent, name, reason: signed.error });
      return;
    }
    const { certificatePem: certificate, authorityPem: authority } = signed.value;
    desk.send(agent, { kind: "renewed", certificate, authority });
    ports.log.info("an agent got a new certificate", { agent, name });
  }
}
