import { cpus } from "node:os";
import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { CommandError, EXIT } from "./command-error.ts";
import type { Bench } from "./bench/catalogue.ts";
import { figureRecord, type Measures } from "./bench/figure.ts";
import { nearest } from "./nearest.ts";
import { parsePositive } from "./option-values.ts";
import { toTable } from "./output.ts";

interface BenchOptions extends CommonOptions {
  readonly reps?: number;
  readonly size?: number;
}

export function addBench(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("bench")
      .description("measure this machine: real processes, the real journal, real TLS; without a name: what there is")
      .argument("[name]", "what to measure")
      .option("--size <n>", "how much a round is made of (default: that of the published figures)", parsePositive)
      .option("--reps <n>", "rounds", parsePositive),
  ).action((name: string | undefined, options: BenchOptions) =>
    invocation.run(options, (context) => (name === undefined ? list(context) : bench(context, name, options))),
  );
}

async function list({ output }: CommandContext): Promise<ExitCode> {
  const { BENCHES } = await import("./bench/catalogue.ts");
  const rows = BENCHES.map(({ name, about, size, reps }) => [name, String(size), String(reps), about]);
  for (const { name, about, size, reps } of BENCHES) output.record({ kind: "bench", name, about, size, reps });
  output.print(toTable([["NAME", "SIZE", "REPS", "WHAT"], ...rows]));
  return EXIT.done;
}

async function bench(context: CommandContext, name: string, options: BenchOptions): Promise<ExitCode> {
  const { SINK, serveSink } = await import("./bench/bare-tls.ts");
  if (name === SINK) {
    await serveSink();
    return EXIT.done;
  }
  const { BENCHES } = await import("./bench/catalogue.ts");
  const found = BENCHES.find((one) => one.name === name);
  if (found === undefined) {
    const names = BENCHES.map((one) => one.name);
    const near = nearest(name, names);
    const hint = near === null ? "" : `; did you mean ${near}?`;
    throw new CommandError("usage", `there is no benchmark “${name}”: expected one of ${names.join(", ")}${hint}`);
  }
  const size = options.size ?? found.size;
  const rounds = await measure(context, found, size, options.reps ?? found.reps);
  const machine = { cpus: cpus().length, node: process.versions.node };
  const settings = { size, ...(found.agents === null ? {} : { agents: found.agents, slots: found.slots }), ...machine };
  for (const metric of Object.keys(rounds[0] ?? {})) {
    const figure = figureRecord(
      name,
      metric,
      rounds.flatMap((round) => round[metric] ?? []),
      settings,
    );
    context.output.record(figure);
    const { unit, min, median, max } = figure;
    context.output.print(`${name} ${metric}: ${String(median)} ${String(unit)} (${String(min)} to ${String(max)})`);
  }
  return EXIT.done;
}

async function measure(context: CommandContext, found: Bench, size: number, reps: number): Promise<Measures[]> {
  const rounds: Measures[] = [];
  const note = (round: Measures): void => {
    rounds.push(round);
    const values = Object.entries(round).map(([metric, value]) => `${metric} ${value.toPrecision(4)}`);
    context.output.note(`${found.name} ${String(rounds.length)}/${String(reps)}: ${values.join(", ")}`);
  };
  if (found.agents === null) {
    while (rounds.length < reps) note(await found.measure(context.dataDir, size));
    return rounds;
  }
  const { startFleet } = await import("./bench/fleet.ts");
  const fleet = await startFleet(context.startHost, context.dataDir, found);
  try {
    while (rounds.length < reps) note(await found.measure(fleet, size));
  } finally {
    await fleet.dispose();
  }
  return rounds;
}
