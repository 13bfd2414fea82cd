/// <reference path="../../../types/node-ipc.d.ts" />
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect } from "node:tls";
import { IPCModule } from "node-ipc";
import { createContexts } from "#agent/trust/contexts.ts";
import { openIdentity } from "#agent/trust/identity.ts";
import { openPairings } from "#agent/trust/pairings.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { HandClock, makeFolder, MemoryLog, random } from "./fixtures.ts";

test("[FLEET-2] node-ipc's assured servers let in whom the pairings let in, and nobody else", async (t) => {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  const ports = { clock: new HandClock(), random };
  const folder = await makeFolder(cleanup);
  const [identity, pairings] = [await openIdentity(folder, ports), await openPairings(folder)];
  const contexts = cleanup.add(createContexts({ identity, pairings, log: new MemoryLog() }));
  const [paired, stranger] = [
    await openAuthority(await makeFolder(cleanup), ports),
    await openAuthority(await makeFolder(cleanup), ports),
  ];
  const certificatePem = await paired.issueAgentCertificate({
    publicKeySpki: identity.publicKey,
    agentId: identity.id,
  });
  const { app, certificatePem: authorityPem } = paired;
  await pairings.add({ app, appName: "desk", authorityPem, certificatePem, pairedAt: ports.clock.now() });

  const ipc = new IPCModule();
  const tls = contexts.linkOptions();
  Object.assign(ipc.config, { id: "agent", silent: true, parser: "assured", allowedEvents: ["link"], tls });
  ipc.serveNet("127.0.0.1", 0, () => {});
  ipc.server.start();
  cleanup.defer(() => ipc.server.stop());
  ipc.server.on("connect", (_socket) => {});
  if (!ipc.server.server.listening) await once(ipc.server.server, "listening");
  const { port } = ipc.server.server.address() as AddressInfo;
  const accepted: unknown[] = [];
  ipc.server.server.on("secureConnection", (socket) => accepted.push(contexts.identifyApp(socket)));

  for (const authority of [paired, stranger]) {
    const socket = connect({ host: "127.0.0.1", port, ...(await agentTlsOptions(authority, identity)) });
    cleanup.defer(() => void socket.destroy());
    const refused = once(socket, "error");
    if (authority === stranger) await refused;
    else await Promise.all([once(socket, "secureConnect"), once(ipc.server.server, "secureConnection")]);
  }
  assert.deepEqual(accepted, [paired.app]);
});
