import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openDoorServer } from "#agent/adapters/door-server.ts";
import { serveLinks } from "#agent/adapters/link-server.ts";
import { findFreePorts, type PortPair } from "#agent/adapters/ports.ts";
import { serveCertificates } from "#agent/trust/certificate-desk.ts";
import { createContexts } from "#agent/trust/contexts.ts";
import { createPairingGate } from "#agent/trust/gate.ts";
import { type Identity, openIdentity } from "#agent/trust/identity.ts";
import { openPairings, type Pairings } from "#agent/trust/pairings.ts";
import { CertificateRenewal } from "#agent/trust/renewal.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { LinkDoctor } from "#main/trust/link-doctor.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { createSigner } from "#main/trust/signer.ts";
import { LinkClient } from "#main/transport/link-client.ts";
import { TestLink } from "#test/support/agent-link.ts";
import { HandClock, makeFolder, MemoryLog, random } from "../../agent/trust/fixtures.ts";

const DAY_MS = 86_400_000;

interface World {
  readonly cleanup: DisposableStack;
  readonly folder: string;
  readonly clock: HandClock;
  readonly log: MemoryLog;
  readonly authority: Authority;
  readonly ports: PortPair;
  identity: Identity;
  pairings: Pairings;
}

/** An app and an agent that were paired so many days ago, and whose clocks are right now. */
async function pairedBefore(t: TestContext, days: number): Promise<World> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const clock = new HandClock(Date.now() - days * DAY_MS);
  const [folder, appFolder] = [await makeFolder(cleanup), await makeFolder(cleanup)];
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const authority = await openAuthority(appFolder, { clock, random });
  const { publicKey: publicKeySpki, id: agentId } = identity;
  const certificatePem = await authority.issueAgentCertificate({ publicKeySpki, agentId });
  const { app, certificatePem: authorityPem } = authority;
  await pairings.add({ app, appName: "desk", authorityPem, certificatePem, pairedAt: clock.now() });
  clock.advance(days * DAY_MS);
  const ports = await findFreePorts("127.0.0.1");
  return { cleanup, folder, clock, log: new MemoryLog(), authority, ports, identity, pairings };
}

/** The agent's two servers; `clock` is the agent's. */
async function serve(world: World, clock = world.clock): Promise<void> {
  const { cleanup, log, ports, identity, pairings } = world;
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const certificates = new CertificateRenewal({ identity, pairings, clock, log });
  const codes = { kind: "shown", show: () => undefined } as const;
  const linkPort = (): number => ports.link;
  const gate = cleanup.add(
    createPairingGate({ identity, pairings, clock, random, log, name: "studio", linkPort, codes }),
  );
  const host = "127.0.0.1";
  cleanup.add(
    await serveLinks({
      host,
      port: ports.link,
      tls: contexts.linkOptions(),
      identify: (socket) => contexts.identifyApp(socket),
      log,
      listener: { opened() {}, received() {}, drained() {}, closed() {} },
    }),
  );
  cleanup.add(
    await openDoorServer({
      host,
      port: ports.door,
      tls: contexts.doorOptions(),
      identify: (socket) => contexts.identify(socket)?.app,
      servePairing: (stream, peer) => gate.serve(stream, peer),
      serveCertificates: (socket) =>
        serveCertificates({ certificates, clock, log }, socket, contexts.identifyApp(socket)),
      serveFiles: () => Promise.resolve(),
      log,
    }),
  );
}

/** Tries to open a link as the app does; what it ends with, or that it is open. */
async function tryLink(world: World, identity = world.identity): Promise<string> {
  const { authority, clock, log, ports, cleanup } = world;
  const doctor = new LinkDoctor({ authority, signer: createSigner(authority), clock, log });
  const links = new LinkClient({
    tls: (agent) => agentTlsOptions(authority, agent),
    clock: new HandClock(),
    log,
    doctor,
  });
  const { id, fingerprint } = identity;
  const target: LinkTarget = {
    id,
    fingerprint,
    name: "studio",
    addresses: ["127.0.0.1"],
    port: ports.door,
    linkPort: ports.link,
  };
  const link = new TestLink(links, target);
  cleanup.defer(() => link.close());
  await link.until("opening", () => link.isOpen || undefined).catch(() => undefined);
  return link.isOpen ? "open" : `${link.closedWith?.code ?? ""}: ${link.closedWith?.message ?? ""}`;
}

test("[FLEET-2] an agent that was off for longer than its certificate lived gets a new one, and the next link opens", async (t) => {
  const world = await pairedBefore(t, 100);
  await serve(world);
  assert.match(
    await tryLink(world),
    /^closed: the certificate of studio \(\w+\) has expired on .*it has a new one now$/,
  );
  assert.match(world.log.text, /the certificate was renewed/);
  assert.equal(await tryLink(world), "open");
});

test("[FLEET-2] a certificate that expired more than a year ago is not renewed: the agent must be paired again", async (t) => {
  const world = await pairedBefore(t, 90 + 366);
  await serve(world);
  assert.match(await tryLink(world), /^untrusted: .*more than a year ago: unpair it and pair it again/);
  assert.doesNotMatch(world.log.text, /was renewed/);
});

test("[FLEET-2] wrong clocks are named, both of them, and nothing is signed by them", async (t) => {
  const world = await pairedBefore(t, 0);
  await serve(world, new HandClock());
  // The app's clock is ten days fast: what it makes for itself is not good yet for the agent.
  world.clock.advance(10 * DAY_MS);
  const said = await tryLink(world);
  const [agentDay, appDay] = [Date.now(), world.clock.now()].map((ms) => new Date(ms).toISOString().slice(0, 10));
  assert.match(
    said,
    new RegExp(`its clock says ${agentDay}T.*, this machine's says ${appDay}T.*set the clock that is wrong`),
  );
  assert.match(said, /the app's certificate is good from/);
  assert.doesNotMatch(world.log.text, /was renewed/);
});

test("[FLEET-2] an agent whose key changed is refused, and said to have changed its key", async (t) => {
  const world = await pairedBefore(t, 0);
  const before = world.identity;
  // Installed anew at the same place: another key, and no pairings.
  await rm(join(world.folder, "trust"), { recursive: true });
  world.identity = await openIdentity(world.folder, { clock: world.clock, random });
  world.pairings = await openPairings(world.folder);
  await serve(world);
  const said = await tryLink(world, before);
  assert.match(
    said,
    /^untrusted: the key of studio changed since it was paired \(it was \w{16}, at 127\.0\.0\.1 it is \w{16} now\)/,
  );
  assert.ok(said.includes(before.id) && said.includes(world.identity.id));
  assert.match(said, /if you reinstalled it, unpair it and pair it again; else somebody may be posing as it/);
});

test("[FLEET-2] an app that was forgotten at the machine is told so", async (t) => {
  const world = await pairedBefore(t, 0);
  await serve(world);
  assert.equal(await tryLink(world), "open");
  await world.pairings.remove(world.authority.app);
  assert.match(await tryLink(world), /^refused: studio \(\w+\) does not know this app \(any more\).*pair it again/);
});
