import { hostname } from "node:os";
import path from "node:path";
import { defaultScheduler } from "#core/fleet/schedule.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import { Coordinator } from "../coordinator/coordinator.ts";
import { createDiscovery } from "../discovery/discovery.ts";
import { networkLook } from "../discovery/network-look.ts";
import { FileOutputStore } from "../persistence/file-output-store.ts";
import { FolderLibrary } from "../persistence/folder-library.ts";
import { SqliteJournal } from "../persistence/sqlite-journal.ts";
import { SqliteSnapshots } from "../persistence/sqlite-snapshots.ts";
import type { AgentTls } from "../transport/agent-tls.ts";
import { FileClient } from "../transport/file-client.ts";
import { LinkClient } from "../transport/link-client.ts";
import { openAuthority } from "../trust/authority.ts";
import { LinkDoctor } from "../trust/link-doctor.ts";
import { agentTlsOptions } from "../trust/link-options.ts";
import { createPairer } from "../trust/pairer.ts";
import { createSigner } from "../trust/signer.ts";
import { systemClock } from "#system/clock.ts";
import { systemRandom } from "#system/random.ts";
import { holdDataFolder, JOURNAL_NAME } from "./data-folder.ts";
import { libraryFolders } from "./library-folders.ts";
import { ChildAgents } from "./local-agents.ts";
import { listenLocal } from "./local-socket.ts";
import { productVersion } from "./product.ts";
import type { CoordinatorHost, HostOptions, Session, SessionSink } from "./session.ts";
import { openLog } from "./system.ts";

/**
 * Starts the coordinator of a data folder in this process: the only place where its adapters are chosen and wired. Throws
 * `DataFolderHeldError` when another one has the folder, `JournalError` when the journal cannot be used.
 */
export async function startHost(options: HostOptions): Promise<CoordinatorHost> {
  const stack = new DisposableStack();
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.dispose();
    throw error;
  }
}

async function start(options: HostOptions, stack: DisposableStack): Promise<CoordinatorHost> {
  const folder = stack.add(await holdDataFolder(options.dataDir));
  const at = (...names: string[]): string => path.join(folder.path, ...names);
  const log = openLog(at("logs", "coordinator.log"));
  stack.defer(() => log.close());
  const system = { clock: systemClock, random: systemRandom, log };
  const journal = stack.add(new SqliteJournal(at(JOURNAL_NAME)));
  const outputs = stack.add(new FileOutputStore(at("output")));
  const snapshots = options.snapshots ?? stack.add(new SqliteSnapshots(at("snapshots.sqlite")));
  const authority = await openAuthority(folder.path, { ...system, vault: options.vault ?? null });
  const signer = createSigner(authority);
  const tls: AgentTls = (agent) => agentTlsOptions(authority, agent);
  const { promise: ended, resolve: shutdown } = Promise.withResolvers<void>();
  const coordinator = new Coordinator(
    {
      ...system,
      journal,
      outputs,
      snapshots,
      links: new LinkClient({ tls, clock: systemClock, log, doctor: new LinkDoctor({ ...system, authority, signer }) }),
      discovery: options.discovery ? createDiscovery(system) : null,
      network: networkLook,
      pairer: createPairer({ ...system, authority }),
      certificates: signer,
      localAgents: new ChildAgents(at("agents"), log, options.localSlots ?? null),
      files: new FileClient({ tls, relayFolder: at("relay") }),
      library: new FolderLibrary(libraryFolders(folder.path), at("collected")),
      scheduler: options.scheduler ?? defaultScheduler,
      nextTurn: setImmediate,
      app: { id: authority.app, name: options.appName ?? hostname(), machine: hostname(), version: productVersion() },
    },
    shutdown,
  );
  stack.add(coordinator);
  const open = (client: string, sink: SessionSink): Session => {
    const session = coordinator.openSession(client, sink);
    if (session !== null) return session;
    setImmediate(() => sink.end("the coordinator has too many clients: close a window"));
    return { receive: () => {}, close: () => {} };
  };
  const socket = stack.add(await listenLocal({ open, dispose: () => {} }, folder));
  coordinator.start(options.readOnly ?? false);
  log.info("the coordinator has started", { data: folder.path, app: authority.app, version: productVersion() });
  return { open, ended, dataDir: folder.path, socketPath: socket.socketPath, dispose: () => stack.dispose() };
}
