import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RealWindow } from "#test/support/real-window.ts";
import { axeViolations, windowObstacle } from "#test/support/window-page.ts";
import { WORLD_LIBRARY, playRun, startRun } from "#test/support/window-world.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };
const HALF_FAILS = `lanweave: 1
name: half-fails
nodes:
  - id: all
    type: parallel
    join: { percent: 40, rest: finish }
    nodes:
      - { id: a, type: task, run: exit 1 }
      - { id: b, type: task, run: exit 2 }
      - { id: c, type: task, noop: {} }
      - { id: d, type: task, noop: {} }
`;

let window: RealWindow;

before(async () => {
  if (obstacle !== null) return;
  window = await RealWindow.start({ agents: 2, library: { ...WORLD_LIBRARY, "half-fails": HALF_FAILS } });
});
after(async () => {
  if (obstacle === null) await window.dispose();
});

test("[WIN-33] one container is looked at alone, levels are chosen, and the address knows it", options, async () => {
  const run = await playRun(window, "steps");
  const { page, context, complaints } = await window.open(`#/runs/${run}/graph`);
  const cards = page.locator(".card");
  await page.locator('.card[data-path="join"]').waitFor();
  await page.getByRole("button", { name: "Levels shown" }).click();
  await page.getByRole("menuitem", { name: "1 level" }).click();
  await page.locator('.card[data-path="parts"]').waitFor();
  assert.equal(await cards.count(), 3);
  await page.locator('.card[data-path="parts"]').dblclick();
  await page.waitForURL(/focus=parts/);
  await page.locator('[data-path^="parts[5]"]').first().waitFor();
  assert.equal(await page.locator('.card[data-path="join"]').count(), 0);
  await page.goBack();
  await page.locator('.card[data-path="join"]').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test(
  "[WIN-34] the Gantt chart has a lane for each machine, is walked by keys, and shows the critical path",
  options,
  async () => {
    const run = await playRun(window, "steps");
    const { page, context } = await window.open(`#/runs/${run}/graph`);
    await page.getByRole("tab", { name: "Gantt" }).click();
    await page.locator("[data-lane]").first().waitFor();
    assert.ok((await page.locator("[data-lane]").count()) >= 1);
    await page.getByRole("application").focus();
    await page.keyboard.press("Home");
    await page.waitForURL(/node=list/);
    await page.keyboard.press("End");
    await page.waitForURL(/node=join/);
    await page.getByRole("checkbox", { name: /^Critical path/ }).check();
    await page.getByRole("checkbox", { name: /Critical path: \d/ }).waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await context.close();
  },
);

test("[WIN-35] one thing is done to many nodes, and what was refused is told", options, async () => {
  const run = await playRun(window, "half-fails");
  const { page, context } = await window.open(`#/runs/${run}/tree`);
  await page.getByRole("row", { name: /^a / }).click({ modifiers: ["Control"] });
  const bar = page.getByRole("region", { name: "Chosen nodes" });
  await bar.getByText("1 node chosen").waitFor();
  await bar.getByRole("button", { name: "Choose all of a kind" }).click();
  await page.getByRole("menuitem", { name: "Failed: all 2" }).click();
  await bar.getByText("2 nodes chosen").waitFor();
  assert.deepEqual(await axeViolations(page), []);
  await bar.getByRole("button", { name: "Retry from here (2)" }).click();
  await page.getByText("Done for 2 nodes.").waitFor();
  await window.until(run, ({ state }) => state === "completed");
  const { nodes } = await window.ask("run.show", { run });
  assert.deepEqual(
    nodes.filter((node) => node.state === "failed").map((node) => node.attempt),
    [2, 2],
  );
  const refused = await window.ask("run.steer-many", { run, action: "skip", paths: ["all/nothing"] });
  assert.deepEqual([refused.done, refused.refused.map(({ path }) => path)], [0, ["all/nothing"]]);
  await context.close();
});

test("[WIN-36] on a waiting card stands why it waits", options, async () => {
  const slow = await startRun(window, "slow");
  const { page, context } = await window.open(`#/runs/${slow}/graph`);
  await page.locator(".card.queued").first().waitFor();
  assert.match(await page.locator(".card.queued .word").first().innerText(), /slot/);
  await window.ask("run.cancel", { run: slow });
  await context.close();
});
