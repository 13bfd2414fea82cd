import "#core/pairing/reflect-metadata.ts";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { err, ok, type Result } from "#core/base/result.ts";
import type { AgentId, AppId } from "#core/model/id.ts";
import { isRenewalDue } from "#core/pairing/lifetimes.ts";
import { agentServerName } from "#core/pairing/names.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { CertificateKeeper, SignedCertificate } from "#core/ports/trust.ts";
import { whyNotRenewed } from "./granted-certificate.ts";
import type { Identity } from "./identity.ts";
import type { Pairings } from "./pairings.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface RenewalInput {
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the certificates of this agent good: asks for new ones in time, and takes none that is not for its own key. */
export class CertificateRenewal implements CertificateKeeper {
  readonly #input: RenewalInput;
  /** Until when what is stored is good; by the certificate, so that a new one is looked at anew. */
  readonly #until = new Map<AppId, { readonly certificatePem: string; readonly ms: number }>();

  constructor(input: RenewalInput) {
    this.#input = input;
  }

  isDue(app: AppId): boolean {
    const pairing = this.#input.pairings.get(app);
    if (pairing === undefined) return false;
    const { certificatePem } = pairing;
    const known = this.#until.get(app);
    const until =
      known?.certificatePem === certificatePem
        ? known
        : { certificatePem, ms: new X509Certificate(certificatePem).validToDate.getTime() };
    this.#until.set(app, until);
    return isRenewalDue(until.ms, this.#input.clock.now());
  }

  async request(): Promise<string> {
    const { id, credential } = this.#input.identity;
    const privateKey = createPrivateKey(credential.keyPem);
    const keys = {
      privateKey: await importKey("pkcs8", privateKey.export({ type: "pkcs8", format: "der" }), ["sign"]),
      publicKey: await importKey("spki", createPublicKey(privateKey).export({ type: "spki", format: "der" }), [
        "verify",
      ]),
    };
    const name = `CN=${agentServerName(id)}`;
    const request = await x509.Pkcs10CertificateRequestGenerator.create(
      { name, keys, signingAlgorithm: ALGORITHM },
      crypto,
    );
    return Buffer.from(request.rawData).toString("base64");
  }

  async take(app: AppId, signed: SignedCertificate): Promise<Result<null, string>> {
    const { identity, pairings, clock, log } = this.#input;
    const pairing = pairings.get(app);
    if (pairing === undefined) return err("the agent is not paired with this app any more");
    const { authorityPem, certificatePem } = signed;
    const reason = whyNotRenewed({ authorityPem, certificatePem }, pairing, identity, clock.now());
    if (reason !== undefined) {
      log.warn("a new certificate was refused", { app, appName: pairing.appName, reason });
      return err(`the agent refused the new certificate: ${reason}`);
    }
    try {
      if (!(await pairings.replace({ ...pairing, authorityPem, certificatePem })))
        return err("the agent is not paired with this app any more");
    } catch (error) {
      log.error("a new certificate could not be stored", { app, error: String(error) });
      return err("the agent could not store the new certificate; its log says why");
    }
    const until = new X509Certificate(certificatePem).validToDate.toISOString();
    log.info("the certificate was renewed", { app, appName: pairing.appName, until });
    return ok(null);
  }

  async revoke(app: AppId, agents: readonly AgentId[]): Promise<void> {
    const { pairings, log } = this.#input;
    const pairing = pairings.get(app);
    if (pairing === undefined || (pairing.revoked ?? []).join() === agents.join()) return;
    await pairings.replace({ ...pairing, revoked: agents });
    log.info("agents of an app are refused from now on", { app, appName: pairing.appName, agents: [...agents] });
  }
}

function importKey(format: "pkcs8" | "spki", der: Buffer, usages: ("sign" | "verify")[]) {
  return crypto.subtle.importKey(format, new Uint8Array(der), ALGORITHM, true, usages);
}
