import type { BenchFleet } from "./fleet.ts";
import type { Measures } from "./figure.ts";
import { discover } from "./discover.ts";
import { files } from "./files.ts";
import { chain, dispatch, freeze, latency, spawnProcesses } from "./throughput.ts";

/** What `lanweave bench` can measure. `size` is what a round is made of; `reps` how many rounds there are. */
export type Bench = {
  readonly name: string;
  readonly about: string;
  readonly size: number;
  readonly reps: number;
} & (
  | { readonly agents: number; readonly slots: number; measure(fleet: BenchFleet, size: number): Promise<Measures> }
  /** It starts what it needs by itself. */
  | { readonly agents: null; measure(dataDir: string, size: number): Promise<Measures> }
);

export const BENCHES: readonly Bench[] = [
  {
    name: "dispatch",
    about: "independent tasks that do nothing: asked for to all completions durable",
    size: 10_000,
    reps: 3,
    agents: 4,
    slots: 64,
    measure: dispatch,
  },
  {
    name: "latency",
    about: "runs of one task, one after the other: asked for to the end durable and told",
    size: 500,
    reps: 3,
    agents: 1,
    slots: 4,
    measure: latency,
  },
  {
    name: "chain",
    about: "tasks that wait for one another",
    size: 1_000,
    reps: 3,
    agents: 1,
    slots: 4,
    measure: chain,
  },
  {
    name: "spawn",
    about: "processes that end at once",
    size: 5_000,
    reps: 3,
    agents: 2,
    slots: 8,
    measure: spawnProcesses,
  },
  {
    name: "freeze",
    about: "processes stopped in place on all agents, and woken",
    size: 64,
    reps: 5,
    agents: 4,
    slots: 16,
    measure: freeze,
  },
  {
    name: "discover",
    about: "an agent is seen by the app, by mDNS",
    size: 1,
    reps: 3,
    agents: null,
    measure: discover,
  },
  {
    name: "files",
    about: "MiB of one file brought to one agent, beside a bare TLS stream",
    size: 1_024,
    reps: 3,
    agents: 1,
    slots: 4,
    measure: files,
  },
];
