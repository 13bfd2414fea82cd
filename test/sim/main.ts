import { parseArgs } from "node:util";
import { toScenario } from "./scenario.ts";
import { toMinimal } from "./shrink.ts";
import { simulate } from "./simulate.ts";

// One process of `npm run sim`: plays the seeds from --first on, --count of them, and prints a line of JSON for each that failed and
// one with the figures. With --log it plays one seed and prints all that happened.

/** Failing seeds after which a process gives up: they are of one cause more often than not. */
const MAX_FAILURES = 5;

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
    log: { type: "boolean", default: false },
    /** Failures are told as they are, and not made small. */
    rough: { type: "boolean", default: false },
  },
});
const first = Number(values.first);
const end = first + Number(values.count);
const figures = { seeds: 0, failed: 0, runs: 0, events: 0, steps: 0, virtualMs: 0 };

for (let seed = first; seed < end && figures.failed < MAX_FAILURES; seed += 1) {
  const outcome = await simulate(toScenario(seed), values.log);
  figures.seeds += 1;
  figures.runs += outcome.figures.runs;
  figures.events += outcome.figures.events;
  figures.steps += outcome.figures.steps;
  figures.virtualMs += outcome.figures.virtualMs;
  if (values.log) console.log(outcome.log.join("\n"));
  if (outcome.violation === null) continue;
  figures.failed += 1;
  const minimal = values.log || values.rough ? null : await toMinimal(toScenario(seed), outcome.violation.rule);
  console.log(JSON.stringify({ kind: "failure", seed, ...outcome.violation, minimal }));
}
console.log(JSON.stringify({ kind: "figures", ...figures }));
