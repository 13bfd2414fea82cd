import { Spawner } from "./spawner.ts";
import { isToSpawner, readSpawnerOptions } from "./messages.ts";

// The process that starts children: small, because starting one costs more the larger the starter is, and separate, so
// that it outlives a killed agent long enough to end what the agent had started.

const spawner = new Spawner(readSpawnerOptions(process.argv[2] ?? ""), (message, heard) => {
  // Without a channel the end of this process is already under way.
  if (process.connected) process.send?.(message, () => heard?.());
});
process.on("message", (message: unknown) => {
  if (isToSpawner(message)) spawner.obey(message);
});
// The agent is gone, however it went: nothing that it started may live on.
process.on("disconnect", () => {
  spawner.dispose();
  process.exit(0);
});
// Ctrl-C reaches the whole terminal; the agent quits in order and then lets go of this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
