import type { AttemptQueue } from "./attempt-queue.ts";
import type { FileHolders } from "./file-holders.ts";
import type { FleetBook } from "./fleet-book.ts";
import type { FleetSamples } from "./fleet-samples.ts";
import type { FleetDesk } from "./fleet-desk.ts";
import type { Happening } from "./happening.ts";
import type { Hub } from "./hub.ts";
import type { Ledger } from "./ledger.ts";
import type { CoordinatorPorts } from "./ports.ts";
import type { RunBook } from "./run-book.ts";
import type { RunClocks } from "./run-clocks.ts";
import type { SnapshotDesk } from "./snapshot-desk.ts";
import type { Troubles } from "./troubles.ts";

/** What the parts of one coordinator share. */
export interface Books {
  readonly ports: CoordinatorPorts;
  readonly runs: RunBook;
  readonly clocks: RunClocks;
  readonly fleet: FleetBook;
  readonly samples: FleetSamples;
  readonly queue: AttemptQueue;
  readonly ledger: Ledger;
  readonly holders: FileHolders;
  readonly desk: FleetDesk;
  readonly hub: Hub;
  readonly snapshots: SnapshotDesk;
  readonly troubles: Troubles;
  readonly enqueue: (happening: Happening) => void;
}
