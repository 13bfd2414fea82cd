import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createContexts } from "#agent/trust/contexts.ts";
import { type Identity, openIdentity } from "#agent/trust/identity.ts";
import { openPairings, type Pairings } from "#agent/trust/pairings.ts";
import { CertificateRenewal } from "#agent/trust/renewal.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { createSigner } from "#main/trust/signer.ts";
import { HandClock, listen, makeFolder, MemoryLog, random } from "./fixtures.ts";

const DAY_MS = 86_400_000;

interface World {
  readonly cleanup: DisposableStack;
  readonly clock: HandClock;
  readonly log: MemoryLog;
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly authority: Authority;
  readonly renewal: CertificateRenewal;
}

/** A pairing made so many days ago, by the clock of OpenSSL too, which is the machine's. */
async function pairedBefore(t: TestContext, days: number): Promise<World> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const [clock, log] = [new HandClock(Date.now() - days * DAY_MS), new MemoryLog()];
  const folder = await makeFolder(cleanup);
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const authority = await openAuthority(await makeFolder(cleanup), { clock, random });
  const { publicKey: publicKeySpki, id: agentId } = identity;
  const certificatePem = await authority.issueAgentCertificate({ publicKeySpki, agentId });
  const { app, certificatePem: authorityPem } = authority;
  await pairings.add({ app, appName: "desk", authorityPem, certificatePem, pairedAt: clock.now() });
  const renewal = new CertificateRenewal({ identity, pairings, clock, log });
  return { cleanup, clock, log, identity, pairings, authority, renewal };
}

function untilOf(pem: string | undefined): number {
  return new X509Certificate(pem ?? "").validToDate.getTime();
}

async function dial(world: World, port: number): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ...(await agentTlsOptions(world.authority, world.identity)) });
  world.cleanup.defer(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "data");
  return socket;
}

test("[FLEET-2] a certificate is renewed when a third of its life is left; open connections go on and new ones show it", async (t) => {
  const world = await pairedBefore(t, 59);
  const { identity, pairings, authority, renewal, clock } = world;
  const contexts = world.cleanup.add(createContexts({ identity, pairings, log: world.log }));
  const server = createServer(contexts.linkOptions(), (socket) => {
    socket.on("error", () => socket.destroy());
    contexts.identify(socket);
    socket.write("hello");
    socket.on("data", () => socket.write("still here"));
  });
  const port = await listen(server, world.cleanup);
  clock.advance(59 * DAY_MS);
  const before = await dial(world, port);
  const first = pairings.get(authority.app)?.certificatePem;
  assert.equal(renewal.isDue(authority.app), false);
  clock.advance(2 * DAY_MS);
  assert.equal(renewal.isDue(authority.app), true);
  // As an app would whose clock is this machine's.
  clock.advance(-2 * DAY_MS);
  const signed = await createSigner(authority).sign(identity, await renewal.request());
  assert.ok(signed.ok);
  assert.deepEqual(await renewal.take(authority.app, signed.value), { ok: true, value: null });
  assert.equal(renewal.isDue(authority.app), false);
  assert.ok(untilOf(pairings.get(authority.app)?.certificatePem) > untilOf(first) + 58 * DAY_MS);
  const answer = once(before, "data");
  before.write("?");
  assert.equal(String((await answer)[0]), "still here");
  const after = await dial(world, port);
  assert.equal(after.getPeerX509Certificate()?.validTo, new X509Certificate(signed.value.certificatePem).validTo);
  assert.notEqual(before.getPeerX509Certificate()?.validTo, after.getPeerX509Certificate()?.validTo);
  assert.match(world.log.text, /the certificate was renewed/);
});

test("[FLEET-2] an app signs only for the key it was paired with, and only what is a request", async (t) => {
  const world = await pairedBefore(t, 0);
  const other = await pairedBefore(t, 0);
  const signer = createSigner(world.authority);
  const theirs = await signer.sign(world.identity, await other.renewal.request());
  assert.match(theirs.ok ? "" : theirs.error, /expected a request for the key that agent/);
  const good = Buffer.from(await world.renewal.request(), "base64");
  const forged = Buffer.from(good);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  const certificate = new X509Certificate(world.authority.certificatePem).raw;
  for (const bytes of [forged, Buffer.alloc(0), Buffer.from("nonsense"), good.subarray(0, 60), certificate]) {
    const refused = await signer.sign(world.identity, bytes.toString("base64"));
    assert.match(refused.ok ? "signed" : refused.error, /expected a certificate request/);
  }
});

test("[FLEET-2] an agent takes no new certificate that is not for its key, of its app, and good by its own clock", async (t) => {
  const world = await pairedBefore(t, 0);
  const other = await pairedBefore(t, 0);
  const { authority, identity, renewal, pairings, clock } = world;
  const before = pairings.get(authority.app);
  const why = async (certificatePem: string, authorityPem = authority.certificatePem): Promise<string> => {
    const taken = await renewal.take(authority.app, { certificatePem, authorityPem });
    return taken.ok ? "taken" : taken.error;
  };
  const issue = (by: Authority, to: Identity): Promise<string> =>
    by.issueAgentCertificate({ publicKeySpki: to.publicKey, agentId: to.id });
  assert.match(await why("nonsense"), /cannot be read/);
  assert.match(await why(await issue(authority, other.identity)), /for another key/);
  assert.match(await why(await issue(other.authority, identity)), /the authority did not sign it/);
  const foreign = await issue(other.authority, identity);
  assert.match(await why(foreign, other.authority.certificatePem), /another key than the one this agent was paired/);
  clock.advance(10 * DAY_MS);
  const late = await issue(authority, identity);
  clock.advance(-10 * DAY_MS);
  const reason = await why(late);
  assert.match(reason, new RegExp(`this machine's says ${new Date(clock.now()).toISOString()}`));
  assert.match(
    reason,
    new RegExp(`the app's clock said ${new Date(clock.now() + 10 * DAY_MS).toISOString().slice(0, 10)}`),
  );
  assert.deepEqual(pairings.get(authority.app), before);
  await pairings.remove(authority.app);
  assert.match(await why(await issue(authority, identity)), /not paired/);
});

test("[FLEET-2] the app's authority renews its own certificate with the same key, and agents take it along with theirs", async (t) => {
  const world = await pairedBefore(t, 0);
  const { clock, identity, pairings, renewal } = world;
  const folder = await makeFolder(world.cleanup);
  const first = await openAuthority(folder, { clock, random });
  const { publicKey: publicKeySpki, id: agentId } = identity;
  const certificatePem = await first.issueAgentCertificate({ publicKeySpki, agentId });
  const { app, certificatePem: authorityPem } = first;
  await pairings.add({ app, appName: "desk", authorityPem, certificatePem, pairedAt: clock.now() });
  clock.advance(8 * 365 * DAY_MS + DAY_MS);
  const second = await openAuthority(folder, { clock, random });
  assert.equal(second.app, first.app);
  assert.ok(untilOf(second.certificatePem) > untilOf(first.certificatePem) + 2_900 * DAY_MS);
  const signed = await createSigner(second).sign(identity, await renewal.request());
  assert.ok(signed.ok);
  // What the new one signed is vouched for by the old one too: its key is the same.
  assert.ok(new X509Certificate(signed.value.certificatePem).checkIssued(new X509Certificate(first.certificatePem)));
  assert.equal((await renewal.take(app, signed.value)).ok, true);
  assert.equal(pairings.get(app)?.authorityPem, second.certificatePem);
});
