import type { BenchFleet } from "./fleet.ts";
import { type Measures, percentile } from "./figure.ts";

// Benchmarks of runs: how many tasks a second, how long until a task's end is durable and told.

/** `size` independent tasks that do nothing: from asking for the run until all completions are durable. */
export async function dispatch(fleet: BenchFleet, size: number): Promise<Measures> {
  const nodes = Array.from({ length: size }, (_, index) => ({ id: `t${String(index)}`, type: "task", noop: {} }));
  return { tasks_per_second: await tasksPerSecond(fleet, nodes) };
}

/** `size` independent processes that end at once. */
export async function spawnProcesses(fleet: BenchFleet, size: number): Promise<Measures> {
  const nodes = Array.from({ length: size }, (_, index) => ({ id: `t${String(index)}`, type: "task", argv: ["true"] }));
  return { tasks_per_second: await tasksPerSecond(fleet, nodes) };
}

async function tasksPerSecond(fleet: BenchFleet, nodes: readonly object[]): Promise<number> {
  const begin = performance.now();
  const { counts } = await fleet.run(nodes);
  const ms = performance.now() - begin;
  if (counts.completed !== nodes.length)
    throw new Error(`expected ${String(nodes.length)} completed tasks, found ${String(counts.completed)}`);
  return (nodes.length / ms) * 1_000;
}

/** `size` runs of one task, one after the other: from asking for the run until its end is durable and told. */
export async function latency(fleet: BenchFleet, size: number): Promise<Measures> {
  const times: number[] = [];
  for (let count = 0; count < size; count += 1) {
    const begin = performance.now();
    await fleet.run([{ id: "t", type: "task", noop: {} }]);
    times.push(performance.now() - begin);
  }
  return { p50_ms: percentile(times, 0.5), p99_ms: percentile(times, 0.99) };
}

/** `size` tasks of which each waits for the one before. */
export async function chain(fleet: BenchFleet, size: number): Promise<Measures> {
  const nodes = Array.from({ length: size }, (_, index) => ({
    id: `t${String(index)}`,
    type: "task",
    noop: {},
    ...(index === 0 ? {} : { dependsOn: [`t${String(index - 1)}`] }),
  }));
  const begin = performance.now();
  await fleet.run(nodes);
  return { ms_per_hop: (performance.now() - begin) / size };
}

/** `size` sleeping processes: from asking for the freeze until the agents have confirmed all of them stopped, and back. */
export async function freeze(fleet: BenchFleet, size: number): Promise<Measures> {
  const nodes = Array.from({ length: size }, (_, index) => ({
    id: `t${String(index)}`,
    type: "task",
    argv: ["sleep", "600"],
    needs: { cpus: 0 },
  }));
  const run = await fleet.start(nodes);
  await fleet.until(run, ({ counts }) => counts.running === size);
  const begin = performance.now();
  await fleet.client.ask("run.pause", { run, mode: "freeze" });
  await fleet.until(run, ({ frozen, inFlight }) => frozen === size && inFlight === 0);
  const frozen = performance.now();
  await fleet.client.ask("run.resume", { run });
  await fleet.until(run, (head) => head.frozen === 0 && head.counts.running === size);
  const thawed = performance.now();
  await fleet.client.ask("run.cancel", { run });
  await fleet.until(run, ({ state }) => state === "cancelled");
  return { freeze_ms: frozen - begin, thaw_ms: thawed - frozen };
}
