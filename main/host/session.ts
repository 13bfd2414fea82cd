import type { Disposable } from "#core/base/dispose.ts";
import type { WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import type { KeyVault } from "#core/ports/trust.ts";

/** One client's conversation with the coordinator: frames of `core/ipc/frames.ts` as JSON text. */
export interface Session {
  /** Takes a frame from the client. Never throws: a bad frame is answered by a failure or ends the session. */
  receive(frame: string): void;
  close(): void;
}

/** Where a session's frames go. `end` is called at most once, when the coordinator gives up the session. */
export interface SessionSink {
  send(frame: string): void;
  /** Bytes sent and not yet taken by the client's transport: above a limit the session drops patches and sends a snapshot later. */
  unsentBytes(): number;
  end(reason: string): void;
}

/** Whoever can hold conversations: the coordinator's host in this process. */
export interface SessionHost extends Disposable {
  open(client: string, sink: SessionSink): Session;
}

/** What it takes to start a coordinator in this process (`main/host/host.ts`: `startHost(options): Promise<CoordinatorHost>`). */
export interface HostOptions {
  readonly dataDir: string;
  /** What agents and people see as the app's name: default the machine's host name. */
  readonly appName: string | null;
  /** False: nothing is looked for on the LAN (tests, `--local` runs without a network). */
  readonly discovery: boolean;
  /** True: runs can be looked at, none is driven: no agent is contacted, and what would change something is refused. Default false. */
  readonly readOnly?: boolean;
  /** How many processes each agent that is started on this machine runs at once. Default: they share its CPUs. */
  readonly localSlots?: number;
  /** In place of the one that comes along. Rule FLEET-7. */
  readonly scheduler?: WorkflowScheduler;
  /** Protects the app's key, where the system offers it. Without it the key lies in a file that only its user can read. Rule FLEET-2. */
  readonly vault?: KeyVault;
  /** Keeps snapshots in place of the data folder's database; who gives it disposes it. Rule SNAP-2. */
  readonly snapshots?: PersistenceProvider;
}

/** A started coordinator. `dispose` ends it in order: work goes on at the agents, local agents started by it end. */
export interface CoordinatorHost extends SessionHost {
  readonly dataDir: string;
  /** Path of the socket other commands find it by. */
  readonly socketPath: string;
  /** Settles when a client asked for `shutdown`. */
  readonly ended: Promise<void>;
}

/** Another coordinator holds the data folder. `code` is `held`; the message says who. */
export class DataFolderHeldError extends Error {
  readonly code = "held";
  readonly pid: number;
  constructor(dataDir: string, pid: number) {
    super(
      `the data folder ${dataDir} is in use by the coordinator with process id ${pid}: use that one, or give another folder with --data`,
    );
    this.pid = pid;
  }
}
