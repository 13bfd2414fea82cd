import { join } from "node:path";
import { DisposableStack } from "#core/base/dispose.ts";
import type { AppId } from "#core/model/id.ts";
import { PROTOCOL } from "#core/protocol/limits.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import type { Log } from "#core/ports/log.ts";
import { readCapabilities } from "./adapters/capabilities.ts";
import { openDoorServer } from "./adapters/door-server.ts";
import { holderTls } from "./adapters/holder-tls.ts";
import { createLimitedLog } from "./adapters/limited-log.ts";
import { serveLinks } from "./adapters/link-server.ts";
import { type PortPair, reachableAddresses } from "./adapters/ports.ts";
import { systemClock as clock } from "#system/clock.ts";
import { systemRandom as random } from "#system/random.ts";
import { defaultStoreLimit, MachineWatch } from "./adapters/system.ts";
import { createAdvertiser } from "./advertise/advertiser.ts";
import { AgentDesk } from "./connection/agent-desk.ts";
import { StoredAttemptFiles } from "./files/attempt-files.ts";
import { serveFiles } from "./files/file-server.ts";
import { ContentStore } from "./files/store.ts";
import type { Greeting } from "./greeting.ts";
import type { AgentOptions } from "./options.ts";
import { LocalRunner, restoreAttempts } from "./runner/runner.ts";
import { openServers } from "./servers.ts";
import { SpawnerClient } from "./spawner/client.ts";
import { createContexts, type TrustContexts } from "./trust/contexts.ts";
import { serveCertificates } from "./trust/certificate-desk.ts";
import { watchForgets } from "./trust/forget.ts";
import { createPairingGate, type PairingGate } from "./trust/gate.ts";
import { type Identity, openIdentity } from "./trust/identity.ts";
import { openPairings, type Pairings } from "./trust/pairings.ts";
import { CertificateRenewal } from "./trust/renewal.ts";

interface StartInput {
  readonly options: AgentOptions;
  readonly dataDir: string;
  readonly version: string;
  /** Null: the agent makes codes and shows them. */
  readonly code: PairingCode | null;
  readonly greeting: Greeting;
  readonly log: Log;
  /** What is added to it is ended, last first, when the agent quits. */
  readonly stack: DisposableStack;
}

interface Parts extends StartInput {
  readonly identity: Identity;
  readonly pairings: Pairings;
  readonly contexts: TrustContexts;
  readonly certificates: CertificateRenewal;
  readonly store: ContentStore;
  readonly desk: AgentDesk;
}

/** Builds the agent from its parts and sets it to work. This is the only place where adapters are chosen. */
export async function startAgent(input: StartInput): Promise<void> {
  const { dataDir, log, stack } = input;
  const identity = await openIdentity(dataDir, { clock, random });
  const pairings = await openPairings(dataDir);
  const contexts = stack.add(createContexts({ identity, pairings, log: createLimitedLog(log) }));
  const store = await openStore(input);
  const certificates = new CertificateRenewal({ identity, pairings, clock, log });
  const desk = await createDesk(input, { identity, pairings, certificates }, store);
  store.onGone = (app, files) => desk.filesGone(app, files);
  await open({ ...input, identity, pairings, contexts, certificates, store, desk });
}

async function openStore({ options, dataDir, log }: StartInput): Promise<ContentStore> {
  const limitBytes = options.storeLimitBytes ?? (await defaultStoreLimit(dataDir));
  const store = new ContentStore(join(dataDir, "store"), { limitBytes, minFreeBytes: options.keepFreeBytes, log });
  await store.open();
  return store;
}

async function createDesk(
  input: StartInput,
  { identity, pairings, certificates }: Pick<Parts, "identity" | "pairings" | "certificates">,
  store: ContentStore,
): Promise<AgentDesk> {
  const { options, dataDir, version, log, stack } = input;
  const ended = await restoreAttempts(dataDir, log);
  const processes = stack.add(
    new SpawnerClient({
      log,
      agentToken: identity.id,
      pipeFolder: join(dataDir, "pipes"),
      mayUseCgroups: options.cgroups,
    }),
  );
  const capabilities = await readCapabilities({ ...options, environment: process.env });
  const keyPem = identity.credential.keyPem;
  const files = new StoredAttemptFiles({
    store,
    tlsOf: (app) => {
      const pairing = pairings.get(app);
      return pairing === undefined ? null : holderTls(pairing, keyPem);
    },
  });
  const agent = { id: identity.id, name: options.name, version };
  const { maxOutputBytes, stopWhenCutOff } = options;
  const { slots } = capabilities;
  const runner = stack.add(
    new LocalRunner({ dataDir, agent, slots, maxOutputBytes, environment: process.env, processes, files, clock, log }),
  );
  const desk = new AgentDesk({
    agent,
    capabilities,
    runner,
    machine: new MachineWatch(dataDir, options.keepFreeBytes),
    files: store,
    clock,
    log,
    stopWhenCutOff,
    encodeBase64: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    certificates,
    unpair: (app) => unpair(pairings, app, log),
  });
  for (const each of ended) {
    if (pairings.get(each.app) === undefined) await each.attempt.forget();
    else desk.restore(each);
  }
  return desk;
}

function unpair(pairings: Pairings, app: AppId, log: Log): void {
  log.info("unpaired by the app", { app });
  pairings.remove(app).catch((error: unknown) => {
    log.error("the pairing could not be removed from the disk", { app, error: String(error) });
  });
}

async function open(parts: Parts): Promise<void> {
  const { options, identity, pairings, greeting, log, stack, desk, store } = parts;
  const forgotten = (app: AppId): void => {
    desk.unpaired(app);
    store.removeApp(app).catch((error: unknown) => {
      log.error("the files of an app could not be removed", { app, error: String(error) });
    });
  };
  stack.add(pairings.onChange((change) => change.kind === "removed" && forgotten(change.app)));
  stack.add(await watchForgets({ dataDir: parts.dataDir, pairings, log, forgotten }));
  let linkPort = 0;
  const gate = stack.add(createGate(parts, () => linkPort));
  const servers = stack.add(await openServers(options, (host, ports) => serve(parts, gate, host, ports), log));
  // First of all when quitting: nothing new, and links told.
  stack.add(desk);
  linkPort = servers.ports.link;
  const { id, fingerprint } = identity;
  const { name } = options;
  const port = servers.ports.door;
  if (options.advertise) {
    stack.add(createAdvertiser(log).advertise({ id, name, protocol: PROTOCOL.major, fingerprint, port, linkPort }));
  }
  const addresses = reachableAddresses(servers.host);
  const code = parts.code === null ? (gate.code()?.code ?? null) : null;
  greeting.ready({ id, name, fingerprint, port, linkPort, addresses, code });
}

function createGate(parts: Parts, linkPort: () => number): PairingGate {
  const { identity, pairings, options, code, greeting } = parts;
  return createPairingGate({
    identity,
    pairings,
    clock,
    random,
    log: createLimitedLog(parts.log),
    name: options.name,
    linkPort,
    codes:
      code === null ? { kind: "shown", show: (fresh, until) => greeting.code(fresh, until) } : { kind: "given", code },
  });
}

async function serve(parts: Parts, gate: PairingGate, host: string, ports: PortPair): Promise<DisposableStack> {
  const { contexts, desk, store, certificates } = parts;
  // Whatever strangers do is told, but not each time.
  const log = createLimitedLog(parts.log);
  const stack = new DisposableStack();
  try {
    stack.add(
      await serveLinks({
        host,
        port: ports.link,
        tls: contexts.linkOptions(),
        identify: (socket) => contexts.identifyApp(socket),
        log,
        listener: desk,
      }),
    );
    stack.add(
      await openDoorServer({
        host,
        port: ports.door,
        tls: contexts.doorOptions(),
        identify: (socket) => contexts.identify(socket)?.app,
        servePairing: (stream, peer) => gate.serve(stream, peer),
        serveCertificates: (socket) =>
          serveCertificates({ certificates, clock, log }, socket, contexts.identifyApp(socket)),
        serveFiles: (socket, app) => serveFiles({ store, log }, socket, app),
        log,
      }),
    );
    return stack;
  } catch (error) {
    await stack.dispose();
    throw error;
  }
}
