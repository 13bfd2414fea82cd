import { X509Certificate } from "node:crypto";
import { BACKDATED_MS, EXPIRED_RENEWAL_MS } from "#core/pairing/lifetimes.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { LinkFailure, LinkTarget } from "#core/ports/link.ts";
import type { Log } from "#core/ports/log.ts";
import type { CertificateSigner } from "#core/ports/trust.ts";
import type { Authority } from "./authority.ts";
import { CertificateVisit } from "./certificate-visit.ts";
import { openDoor } from "./door.ts";
import { describeKeyChange } from "./link-options.ts";

/** An agent is looked at no more often than this; in between what was found is told again. */
const LOOK_AGAIN_MS = 60_000;

interface DoctorInput {
  readonly authority: Authority;
  readonly signer: CertificateSigner;
  readonly clock: Clock;
  readonly log: Log;
}

type Target = Pick<LinkTarget, "id" | "fingerprint" | "port" | "name">;

/** Looks at the front door of an agent that lets in no link: renews a certificate that has expired, or says what is wrong. */
export class LinkDoctor {
  readonly #input: DoctorInput;
  readonly #found = new Map<string, { readonly atMs: number; readonly of: string; readonly failure: LinkFailure }>();

  constructor(input: DoctorInput) {
    this.#input = input;
  }

  /** Why there is no link to the agent at `host`, as far as can be seen; `failure` itself where there is no more to say. Never rejects. */
  async examine(target: Target, host: string, failure: LinkFailure): Promise<LinkFailure> {
    const { clock, log } = this.#input;
    const key = `${target.id} ${host} ${target.port}`;
    const known = this.#found.get(key);
    if (known !== undefined && known.of === failure.code && clock.monotonicMs() - known.atMs < LOOK_AGAIN_MS) {
      return known.failure;
    }
    let found = failure;
    try {
      found = await this.#look(target, host, failure);
    } catch (error) {
      log.debug("an agent's front door could not be looked at", { agent: target.id, host, error: String(error) });
    }
    this.#found.set(key, { atMs: clock.monotonicMs(), of: failure.code, failure: found });
    if (found !== failure) log.warn("why a link is refused", { agent: target.id, host, message: found.message });
    return found;
  }

  async #look(target: Target, host: string, failure: LinkFailure): Promise<LinkFailure> {
    const { authority, clock } = this.#input;
    const visit = await CertificateVisit.open(authority, { host, port: target.port }, clock);
    if (visit === "unknown-protocol") return failure;
    if (visit === "closed") return this.#lookAtKey(target, host, failure);
    try {
      const changed = describeKeyChange(target, host, visit.fingerprint);
      if (changed !== undefined) return untrusted(changed);
      if (!visit.certificate.verify(new X509Certificate(authority.certificatePem).publicKey)) return failure;
      return await this.#treat(target, host, visit, failure);
    } finally {
      visit.close();
    }
  }

  /** The agent has closed as soon as it heard whom we are: is it still who was paired? */
  async #lookAtKey(target: Target, host: string, failure: LinkFailure): Promise<LinkFailure> {
    const door = await openDoor({ host, port: target.port, signal: null }, this.#input.clock);
    if (!door.ok) return failure;
    door.value.socket.destroy();
    const changed = describeKeyChange(target, host, door.value.fingerprint);
    if (changed !== undefined) return untrusted(changed);
    return {
      code: "refused",
      message: `${nameOf(target)} does not know this app (any more): its pairing was removed at that machine, or this app's own key is a new one. Unpair it and pair it again`,
    };
  }

  async #treat(target: Target, host: string, visit: CertificateVisit, failure: LinkFailure): Promise<LinkFailure> {
    const now = this.#input.clock.now();
    const { validFromDate, validToDate } = visit.certificate;
    const offer = await visit.offer();
    const clocks = `its clock says ${toText(offer.clock)}, this machine's says ${toText(now)}`;
    if (Math.abs(offer.clock - now) > BACKDATED_MS || offer.request === null) {
      const what = Math.abs(offer.clock - now) > BACKDATED_MS ? "set the clock that is wrong" : "pair it again";
      return untrusted(
        `${nameOf(target)} and this app cannot trust each other: ${clocks}; ${what}${because(offer.reason)}`,
      );
    }
    if (validFromDate.getTime() > now) {
      return untrusted(
        `the certificate of ${nameOf(target)} is good only from ${validFromDate.toISOString()}: ${clocks}; set the clocks, or pair it again`,
      );
    }
    if (validToDate.getTime() > now) return failure;
    const expired = `the certificate of ${nameOf(target)} has expired on ${validToDate.toISOString()}`;
    if (now - validToDate.getTime() > EXPIRED_RENEWAL_MS) {
      return untrusted(`${expired}, more than a year ago: unpair it and pair it again`);
    }
    const signed = await this.#input.signer.sign({ id: target.id, fingerprint: target.fingerprint }, offer.request);
    if (!signed.ok) return untrusted(`${expired}, and it gets no new one: ${signed.error}`);
    const refused = await visit.give(signed.value);
    if (refused !== null) return untrusted(`${expired}, and it takes no new one: ${refused}; ${clocks}`);
    this.#input.log.info("an expired certificate was renewed", { agent: target.id, host });
    return { code: "closed", message: `${expired}; it has a new one now` };
  }
}

function untrusted(message: string): LinkFailure {
  return { code: "untrusted", message };
}

function nameOf({ name, id }: Target): string {
  return name === undefined ? `agent ${id}` : `${name} (${id})`;
}

function because(reason: string | null): string {
  return reason === null ? "" : ` (${reason})`;
}

/** An agent's clock may say anything. */
function toText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
