import { readFileSync } from "node:fs";

// Loaded into the processes of a drill before anything else (`--import`): the wall clock they read is the machine's plus the
// milliseconds in a file, which the drill changes while they run. The machine's own clock is left alone, for it is everybody's.

const LOOK_EVERY_MS = 20;
const file = process.env["LANWEAVE_DRILL_CLOCK"];

function readStepMs(): number {
  if (file === undefined) return 0;
  try {
    return Number(readFileSync(file, "utf8")) || 0;
  } catch {
    // The round is over, and its folder gone.
    return 0;
  }
}

let stepMs = readStepMs();
const RealDate = Date;
const realNow = Date.now.bind(Date);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, words: unknown[], newTarget) =>
    Reflect.construct(target, words.length === 0 ? [realNow() + stepMs] : words, newTarget) as Date,
  apply: () => new RealDate(realNow() + stepMs).toString(),
  get: (target, name, receiver) =>
    name === "now" ? () => realNow() + stepMs : (Reflect.get(target, name, receiver) as unknown),
});
setInterval(() => (stepMs = readStepMs()), LOOK_EVERY_MS).unref();
