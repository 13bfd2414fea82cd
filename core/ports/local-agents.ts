/** An agent process on this machine that has just come up and waits to be paired with this code. */
export interface StartedAgent {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  /** How this machine reaches it, and how others do (none when it listens on loopback alone). */
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  /** A long secret given to it over a private channel; never shown. */
  readonly code: string;
}

/** Agent processes of this machine, owned by the app: they end with it. */
export interface LocalAgents {
  /**
   * Makes `count` of them run, sharing the machine's CPUs; resolves with those that were not running before. `reach`: whether other
   * machines may connect to them, as they must to fetch files. `ended` is called when one ends by itself. Rejects with a reason.
   */
  start(
    count: number,
    reach: "lan" | "loopback",
    ended: (id: string, reason: string) => void,
  ): Promise<readonly StartedAgent[]>;
  /** Ends those named by id (null: all), waits for their end, and says how many there were. */
  stop(ids: readonly string[] | null): Promise<number>;
}
