import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { connect, type ConnectionOptions, createServer, type Server, type TLSSocket } from "node:tls";
import { createContexts, type TrustContexts } from "#agent/trust/contexts.ts";
import { type Identity, openIdentity } from "#agent/trust/identity.ts";
import { openPairings, type Pairings } from "#agent/trust/pairings.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { appServerName } from "#core/pairing/names.ts";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { HandClock, listen, makeFolder, MemoryLog, random } from "./fixtures.ts";

interface World {
  readonly cleanup: DisposableStack;
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly contexts: TrustContexts;
  readonly log: MemoryLog;
  readonly server: Server;
  readonly port: number;
}

async function startLink(t: TestContext, kind: "link" | "door" = "link"): Promise<World> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const [folder, log] = [await makeFolder(cleanup), new MemoryLog()];
  const identity = await openIdentity(folder, { clock: new HandClock(), random });
  const pairings = await openPairings(folder);
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const options = kind === "link" ? contexts.linkOptions() : contexts.doorOptions();
  const server = createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    const who = contexts.identify(socket);
    socket.write(
      JSON.stringify({ app: who?.app, holder: who?.holder.kind, isApp: contexts.identifyApp(socket) !== undefined }),
    );
  });
  server.on("tlsClientError", (error) => log.warn("refused", { reason: error.message }));
  return { cleanup, identity, pairings, contexts, log, server, port: await listen(server, cleanup) };
}

async function makeApp(world: World): Promise<Authority> {
  return openAuthority(await makeFolder(world.cleanup), { clock: new HandClock(), random });
}

async function pairWith(world: World, authority: Authority): Promise<void> {
  const { publicKey: publicKeySpki, id: agentId } = world.identity;
  const certificatePem = await authority.issueAgentCertificate({ publicKeySpki, agentId });
  const { app, certificatePem: authorityPem } = authority;
  await world.pairings.add({ app, appName: "desk", authorityPem, certificatePem, pairedAt: new HandClock().now() });
}

/** What a connection gets: the first thing the server writes, or why there was nothing. */
async function attempt(world: World, options: ConnectionOptions): Promise<{ socket: TLSSocket; text: string }> {
  const socket = connect({ host: "127.0.0.1", port: world.port, ...options });
  const outcome = Promise.withResolvers<string>();
  socket.on("data", (chunk: Buffer) => outcome.resolve(chunk.toString()));
  socket.on("error", (error: Error & { code?: string }) => outcome.resolve(`refused ${error.code ?? error.message}`));
  socket.on("close", () => outcome.resolve("refused closed"));
  world.cleanup.defer(() => void socket.destroy());
  return { socket, text: await outcome.promise };
}

function optionsOf(world: World, authority: Authority): Promise<ConnectionOptions> {
  return agentTlsOptions(authority, { id: world.identity.id, fingerprint: world.identity.fingerprint });
}

test("[FLEET-2] each paired app meets its own certificate and is let in by its own authority", async (t) => {
  const world = await startLink(t);
  for (const authority of [await makeApp(world), await makeApp(world)]) {
    await pairWith(world, authority);
    const { socket, text } = await attempt(world, await optionsOf(world, authority));
    assert.deepEqual(JSON.parse(text), { app: authority.app, holder: "app", isApp: true });
    assert.equal(socket.getProtocol(), "TLSv1.3");
    assert.ok(socket.getPeerX509Certificate()?.verify(new X509Certificate(authority.certificatePem).publicKey));
  }
});

test("[FLEET-2] a client without a certificate, or with another authority's, is refused and logged", async (t) => {
  const world = await startLink(t);
  const [paired, other] = [await makeApp(world), await makeApp(world)];
  await pairWith(world, paired);
  const good = await optionsOf(world, paired);
  const rogue = await other.clientCredential();
  const { key: _key, cert: _cert, ...bare } = good;
  assert.match((await attempt(world, bare)).text, /^refused/);
  assert.match((await attempt(world, { ...good, key: rogue.keyPem, cert: rogue.certificatePem })).text, /^refused/);
  assert.equal(world.log.lines.filter(({ message }) => message === "refused").length, 2);
  assert.match(JSON.parse((await attempt(world, good)).text).holder, /app/);
});

test("[FLEET-2] another paired app's certificate does not open this app's door", async (t) => {
  const world = await startLink(t);
  const [one, two] = [await makeApp(world), await makeApp(world)];
  await pairWith(world, one);
  await pairWith(world, two);
  const { keyPem: key, certificatePem: cert } = await two.clientCredential();
  assert.match((await attempt(world, { ...(await optionsOf(world, one)), key, cert })).text, /^refused/);
});

test("[FLEET-2] whoever names no app, or an unknown one, is refused, even with the agent's own self-signed certificate", async (t) => {
  const world = await startLink(t);
  const stranger = await makeApp(world);
  const { keyPem: key, certificatePem: cert } = await stranger.clientCredential();
  const base = { rejectUnauthorized: false, key, cert };
  assert.match((await attempt(world, base)).text, /^refused/);
  assert.match((await attempt(world, { ...base, servername: appServerName(stranger.app) })).text, /^refused/);
  assert.match((await attempt(world, { ...base, servername: "example.org" })).text, /^refused/);
  assert.match(world.log.text, /not paired with the app that connects/);
});

test("[FLEET-2] unpairing cuts open connections and refuses new ones at once, resumed sessions included", async (t) => {
  const world = await startLink(t);
  const authority = await makeApp(world);
  await pairWith(world, authority);
  const options = await optionsOf(world, authority);
  const { socket, text } = await attempt(world, options);
  assert.match(text, /"isApp":true/);
  const session = socket.getSession();
  const closed = once(socket, "close");
  await world.pairings.remove(authority.app);
  await closed;
  assert.match((await attempt(world, options)).text, /^refused/);
  const { key: _key, cert: _cert, ...bare } = options;
  for (const servername of [appServerName(authority.app), undefined]) {
    const resumed = { ...bare, rejectUnauthorized: false, ...(session === undefined ? {} : { session }) };
    const result = await attempt(
      world,
      servername === undefined ? { ...resumed, servername: "" } : { ...resumed, servername },
    );
    assert.ok(result.text.startsWith("refused") || result.text === '{"isApp":false}', result.text);
  }
});

test("[FLEET-2] a session of one app cannot be resumed under another's name", async (t) => {
  const world = await startLink(t, "door");
  const [one, two] = [await makeApp(world), await makeApp(world)];
  await pairWith(world, one);
  await pairWith(world, two);
  const options = await optionsOf(world, one);
  const { socket } = await attempt(world, options);
  const session = socket.getSession();
  assert.ok(session);
  const { key: _key, cert: _cert, ...bare } = options;
  const under = await attempt(world, {
    ...bare,
    session,
    servername: appServerName(two.app),
    rejectUnauthorized: false,
  });
  assert.ok(under.text.startsWith("refused") || under.text === '{"isApp":false}', under.text);
});

test("[FLEET-2] at the front door a stranger gets through the handshake and is identified as nobody", async (t) => {
  const world = await startLink(t, "door");
  const authority = await makeApp(world);
  await pairWith(world, authority);
  assert.equal((await attempt(world, { rejectUnauthorized: false })).text, '{"isApp":false}');
  const { keyPem: key, certificatePem: cert } = await (await makeApp(world)).clientCredential();
  const named = { rejectUnauthorized: false, servername: appServerName(authority.app), key, cert };
  assert.equal((await attempt(world, named)).text, '{"isApp":false}');
  assert.match((await attempt(world, await optionsOf(world, authority))).text, /"isApp":true/);
});

test("[FLEET-2] another agent of the same app is known as an agent, never as the app", async (t) => {
  const world = await startLink(t);
  const authority = await makeApp(world);
  await pairWith(world, authority);
  const sibling = await openIdentity(await makeFolder(world.cleanup), { clock: new HandClock(), random });
  const cert = await authority.issueAgentCertificate({ publicKeySpki: sibling.publicKey, agentId: sibling.id });
  const { text } = await attempt(world, {
    ...(await optionsOf(world, authority)),
    key: sibling.credential.keyPem,
    cert,
  });
  assert.deepEqual(JSON.parse(text), { app: authority.app, holder: "agent", isApp: false });
});

test("[FLEET-2] the app refuses an agent that is not the one it paired with", async (t) => {
  const world = await startLink(t);
  const authority = await makeApp(world);
  await pairWith(world, authority);
  const { id, fingerprint } = world.identity;
  const otherKey = await agentTlsOptions(authority, { id, fingerprint: "0".repeat(64) as Sha256 });
  assert.equal((await attempt(world, otherKey)).text, "refused wrong-agent");
  const otherId = await agentTlsOptions(authority, { id: "0".repeat(16) as AgentId, fingerprint });
  assert.equal((await attempt(world, otherId)).text, "refused wrong-agent");
});

test("[FLEET-2] an authority signs only for the key an id belongs to", async (t) => {
  const world = await startLink(t);
  const authority = await makeApp(world);
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKeySpki = publicKey.export({ type: "spki", format: "der" });
  await assert.rejects(
    authority.issueAgentCertificate({ publicKeySpki, agentId: world.identity.id }),
    /expected the key of agent/,
  );
});
