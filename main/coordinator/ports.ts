import type { WorkflowScheduler } from "#core/fleet/schedule.ts";
import type { AppId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Discovery } from "#core/ports/discovery.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { Journal } from "#core/ports/journal.ts";
import type { Library } from "#core/ports/library.ts";
import type { LinkTransport } from "#core/ports/link.ts";
import type { LocalAgents } from "#core/ports/local-agents.ts";
import type { Log } from "#core/ports/log.ts";
import type { OutputStore } from "#core/ports/output-store.ts";
import type { NetworkLook } from "#core/ports/network.ts";
import type { Pairer } from "#core/ports/pairing.ts";
import type { PersistenceProvider } from "#core/ports/persistence.ts";
import type { Random } from "#core/ports/random.ts";
import type { CertificateSigner } from "#core/ports/trust.ts";

/** All that the coordinator needs from outside, and who it is. */
export interface CoordinatorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly journal: Journal;
  readonly links: LinkTransport;
  /** Null: the LAN is not browsed. */
  readonly discovery: Discovery | null;
  readonly pairer: Pairer;
  /** Absent where nobody asks: then no network is known. */
  readonly network?: NetworkLook;
  /** Absent where there are no certificates: then none is renewed. */
  readonly certificates?: CertificateSigner;
  readonly localAgents: LocalAgents;
  readonly files: FileDesk;
  readonly outputs: OutputStore;
  readonly library: Library;
  readonly snapshots: PersistenceProvider;
  readonly scheduler: WorkflowScheduler;
  /** Runs the work once, after what has arrived by now: the next turn of the loop. */
  readonly nextTurn: (work: () => void) => void;
  readonly app: { readonly id: AppId; readonly name: string; readonly machine: string; readonly version: string };
}
