import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNotGranted } from "#agent/trust/granted-certificate.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import type { EpochMs } from "#core/model/id.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { HandClock, makeFolder, random } from "./fixtures.ts";

test("[FLEET-2] an agent takes only a certificate for its own key, from the authority that was proven", async (t) => {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const ports = { clock: new HandClock(), random };
  const [app, other] = [
    await openAuthority(await makeFolder(cleanup), ports),
    await openAuthority(await makeFolder(cleanup), ports),
  ];
  const [agent, sibling] = [
    await openIdentity(await makeFolder(cleanup), ports),
    await openIdentity(await makeFolder(cleanup), ports),
  ];
  const issue = (by: typeof app, to: typeof agent): Promise<string> =>
    by.issueAgentCertificate({ publicKeySpki: to.publicKey, agentId: to.id });
  const certificatePem = await issue(app, agent);
  const peer = { app: app.app, appName: "desk", authority: app.digest };
  const now = ports.clock.now();
  const why = (authorityPem: string, pem: string, at: number = now): string | undefined =>
    whyNotGranted({ authorityPem, certificatePem: pem }, peer, agent, at as EpochMs);

  assert.equal(why(app.certificatePem, certificatePem), undefined);
  assert.match(why("nonsense", certificatePem) ?? "", /cannot be read/);
  assert.match(why(other.certificatePem, await issue(other, agent)) ?? "", /not the one the app proved/);
  assert.match(why(app.certificatePem, await issue(other, agent)) ?? "", /did not sign/);
  assert.match(why(app.certificatePem, await issue(app, sibling)) ?? "", /another key/);
  assert.match(why(app.certificatePem, (await app.clientCredential()).certificatePem) ?? "", /another key/);
  assert.match(why(app.certificatePem, app.certificatePem) ?? "", /./);
  assert.match(why(app.certificatePem, certificatePem, now + 91 * 86_400_000) ?? "", /check the clocks/);
  assert.match(why(app.certificatePem, certificatePem, now - 2 * 86_400_000) ?? "", /check the clocks/);
});
