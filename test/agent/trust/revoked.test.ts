import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createContexts } from "#agent/trust/contexts.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import { openPairings } from "#agent/trust/pairings.ts";
import { CertificateRenewal } from "#agent/trust/renewal.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { HandClock, listen, makeFolder, MemoryLog, random } from "./fixtures.ts";

test("[FLEET-2] an agent that was unpaired gets no files from others of the fleet: cut off at once, refused after a restart, until it is paired again", async (t) => {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const [clock, log, folder] = [new HandClock(), new MemoryLog(), await makeFolder(cleanup)];
  const [identity, sibling] = [
    await openIdentity(folder, { clock, random }),
    await openIdentity(await makeFolder(cleanup), { clock, random }),
  ];
  const authority = await openAuthority(await makeFolder(cleanup), { clock, random });
  const issue = (to: typeof identity): Promise<string> =>
    authority.issueAgentCertificate({ publicKeySpki: to.publicKey, agentId: to.id });
  const { app, certificatePem: authorityPem } = authority;
  const pairings = await openPairings(folder);
  await pairings.add({
    app,
    appName: "desk",
    authorityPem,
    certificatePem: await issue(identity),
    pairedAt: clock.now(),
  });
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const renewal = new CertificateRenewal({ identity, pairings, clock, log });
  const server = createServer(contexts.linkOptions(), (socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(contexts.identify(socket)?.holder.kind ?? "nobody");
  });
  const port = await listen(server, cleanup);
  const own = { key: sibling.credential.keyPem, cert: await issue(sibling) };
  const enter = async (as: object): Promise<{ socket: TLSSocket; text: string }> => {
    const socket = connect({ host: "127.0.0.1", port, ...(await agentTlsOptions(authority, identity)), ...as });
    socket.on("error", () => undefined);
    cleanup.defer(() => void socket.destroy());
    return { socket, text: String((await once(socket, "data"))[0]) };
  };
  const [before, appSocket] = [await enter(own), await enter({})];
  assert.deepEqual([before.text, appSocket.text], ["agent", "app"]);
  const closed = once(before.socket, "close");
  await renewal.revoke(app, [sibling.id]);
  await closed;
  assert.equal((await enter(own)).text, "nobody");
  assert.equal(appSocket.socket.destroyed, false);
  assert.deepEqual((await openPairings(folder)).get(app)?.revoked, [sibling.id]);
  await renewal.revoke(app, []);
  assert.equal((await enter(own)).text, "agent");
});
