// Looks for agents and prints a line of JSON for each change, until it is ended. Run by the LAN tests inside a namespace.
import { randomBytes } from "node:crypto";
import type { EpochMs, Millis } from "#core/model/id.ts";
import { createDiscovery } from "#main/discovery/discovery.ts";

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const note = (message: string, fields?: unknown): void => print({ kind: "log", message, fields });

const browsing = createDiscovery({
  clock: {
    now: () => Date.now() as EpochMs,
    monotonicMs: () => performance.now() as Millis,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: { chance: () => Math.random(), bytes: (length) => randomBytes(length) },
  log: { debug: note, info: note, warn: note, error: note },
}).browse({
  seen: (sighting) => print({ kind: "seen", ...sighting }),
  gone: (id) => print({ kind: "gone", id }),
});
process.once("SIGTERM", () => void browsing.dispose());
print({ kind: "ready" });
