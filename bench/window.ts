import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import type { RunId } from "#core/model/id.ts";
import { RealWindow } from "#test/support/real-window.ts";
import { windowObstacle } from "#test/support/window-page.ts";
import { largeWorkflow, startRun } from "#test/support/window-world.ts";

// The window with a large run open, all its containers open: loading, panning, zooming, keeping up with what happens, and its memory. A
// real coordinator, real agents, a real Chromium. `node bench/window.ts [--groups N] [--tasks N] [--rounds N]`; prints a line of JSON
// for each figure, promises nothing.

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "100" },
    tasks: { type: "string", default: "99" },
    rounds: { type: "string", default: "3" },
  },
});
const GROUPS = Number(values.groups);
const TASKS = Number(values.tasks);
const ROUNDS = Number(values.rounds);
const MOVES = 120;
const SLOW_FRAME_MS = 50;

const obstacle = windowObstacle();
if (obstacle === null) await measure();
else console.log(`not measured: ${obstacle}`);

async function measure(): Promise<void> {
  const window = await RealWindow.start({ agents: 4, slots: 8, library: { large: largeWorkflow(GROUPS, TASKS) } });
  try {
    const run = await startRun(window, "large");
    await window.ask("run.pause", { run, mode: "drain" });
    const opened = performance.now();
    const { page } = await window.open(`#/runs/${run}/graph`);
    await page.locator("[data-drawn] canvas").first().waitFor();
    tell("open_ms", performance.now() - opened);
    const arranged = performance.now();
    await page.getByRole("button", { name: "Open all containers" }).click();
    await page.waitForFunction(
      (least) => Number(document.querySelector("[data-arranged]")?.getAttribute("data-arranged")) > least,
      GROUPS * TASKS,
    );
    tell("arrange_ms", performance.now() - arranged);
    const chromium = await page.context().newCDPSession(page);
    tellFrames("pan", await frames(page, () => pan(page)));
    tellFrames("zoom", await frames(page, () => zoom(page)));
    await page.keyboard.press("0");
    tell("heap_mib", await heapMib(chromium), { round: 0 });
    for (let round = 1; round <= ROUNDS; round += 1) await playRound(window, page, chromium, run, round);
  } finally {
    await window.dispose();
  }
}

/** All tasks of the run once more, as fast as they go. */
async function playRound(
  window: RealWindow,
  page: Page,
  chromium: CDPSession,
  run: RunId,
  round: number,
): Promise<void> {
  const seqOf = async (): Promise<number> =>
    (await window.ask("run.list", {})).find((head) => head.run === run)?.seq ?? 0;
  const before = await seqOf();
  const began = performance.now();
  const taken = await frames(page, async () => {
    if (round === 1) await window.ask("run.resume", { run });
    else await window.ask("run.retry", { run, path: "all" });
    await page.locator('[data-run-state="running"]').waitFor();
    await page.locator('[data-run-state="completed"]').waitFor({ timeout: 120_000 });
  });
  const seconds = (performance.now() - began) / 1_000;
  const changes = (await seqOf()) - before;
  tell("changes_per_second", changes / seconds, { round, changes });
  tellFrames("update", taken);
  tell("heap_mib", await heapMib(chromium), { round });
}

/** Intervals between the frames that were drawn while something happened. Milliseconds. */
async function frames(page: Page, work: () => Promise<void>): Promise<readonly number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    const note = (time: number): void => {
      times.push(time);
      handle = requestAnimationFrame(note);
    };
    let handle = requestAnimationFrame(note);
    Object.assign(globalThis, { endFrames: () => (cancelAnimationFrame(handle), times) });
  });
  await work();
  const times = await page.evaluate(() => (globalThis as unknown as { endFrames: () => number[] }).endFrames());
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

async function pan(page: Page): Promise<void> {
  await page.mouse.move(900, 500);
  await page.mouse.down();
  for (let move = 0; move < MOVES; move += 1) await page.mouse.move(900 - 4 * move, 500 + 2 * Math.sin(move / 8) * 40);
  await page.mouse.up();
}

async function zoom(page: Page): Promise<void> {
  await page.mouse.move(700, 500);
  for (let turn = 0; turn < MOVES; turn += 1) await page.mouse.wheel(0, turn < MOVES / 2 ? -60 : 60);
}

async function heapMib(chromium: CDPSession): Promise<number> {
  await chromium.send("HeapProfiler.collectGarbage");
  const { usedSize } = await chromium.send("Runtime.getHeapUsage");
  return usedSize / 1024 / 1024;
}

function tellFrames(what: string, intervals: readonly number[]): void {
  const sorted = [...intervals].sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const total = intervals.reduce((sum, one) => sum + one, 0);
  tell(`${what}_fps`, (intervals.length / total) * 1_000, {
    medianMs: round(at(0.5)),
    p95Ms: round(at(0.95)),
    longestMs: round(at(1)),
    slowShare: round(intervals.filter((one) => one > SLOW_FRAME_MS).length / intervals.length),
  });
}

function tell(metric: string, value: number, more: object = {}): void {
  console.log(
    JSON.stringify({ bench: "window", nodes: GROUPS * (TASKS + 1) + 1, metric, value: round(value), ...more }),
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
