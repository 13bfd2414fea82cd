import { parseArgs } from "node:util";
import { canUseNetns } from "#test/support/netns.ts";
import { KINDS, toPlan, type Kind } from "./plan.ts";
import { playRound } from "./round.ts";

// One round of `npm run drill` in a process of its own: prints its report as one line of JSON.

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

function toKind(text: string | undefined): Kind | null {
  if (text === undefined) return null;
  const kind = KINDS.find((each) => each === text);
  if (kind === undefined) throw new Error(`--only: expected one of ${KINDS.join(", ")}, found "${text}"`);
  return kind;
}

const reason = canUseNetns();
if (reason !== undefined) {
  console.log(JSON.stringify({ kind: "skipped", reason }));
} else {
  const report = await playRound(toPlan(Number(values.seed), toKind(values.only)), values.keep);
  console.log(JSON.stringify(report));
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}
