import { parseArgs } from "node:util";
import { KINDS, share } from "./kinds.ts";
import { MAX_GROWTH_BYTES, playKind, usedBytes } from "./play.ts";

// What `npm run fuzz` starts: cases of every kind or of one, in this process. One JSON line a kind, findings included.

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
    first: { type: "string", default: "0" },
  },
});
const kinds = KINDS.filter(({ name }) => values.kind === undefined || name === values.kind);
if (kinds.length === 0) {
  const names = KINDS.map(({ name }) => name).join(", ");
  console.error(`--kind: expected one of ${names}, found "${values.kind ?? ""}"`);
  process.exit(2);
}

const escaped: string[] = [];
process.on("uncaughtException", (error) => escaped.push(error.stack ?? error.message));
process.on("unhandledRejection", (error) =>
  escaped.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
);

for (const [kind, count] of share(Number(values.cases), kinds)) {
  const cases = { seed: Number(values.seed), first: Number(values.first), count };
  // What is made once, at the first case, is not growth.
  await playKind(kind, { ...cases, count: Math.min(count, 200) });
  const before = usedBytes();
  const start = performance.now();
  const { findings, longestMs, cases: played } = await playKind(kind, cases);
  const seconds = (performance.now() - start) / 1_000;
  const grownBytes = usedBytes() - before;
  for (const error of escaped.splice(0))
    findings.push({ kind: kind.name, number: null, message: `nobody caught: ${error}` });
  if (grownBytes > MAX_GROWTH_BYTES)
    findings.push({
      kind: kind.name,
      number: null,
      message: `${String(grownBytes)} bytes more are in use than before`,
    });
  console.log(JSON.stringify({ kind: kind.name, cases: played, seconds, longestMs, grownBytes, findings }));
}
process.exit(0);
