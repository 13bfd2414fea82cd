import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RealWindow } from "#test/support/real-window.ts";
import { tooWide } from "#test/support/window-checks.ts";
import { axeViolations, windowObstacle } from "#test/support/window-page.ts";
import { WORLD_LIBRARY, playRun } from "#test/support/window-world.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };

let window: RealWindow;

before(async () => {
  if (obstacle !== null) return;
  window = await RealWindow.start({ agents: 1, library: WORLD_LIBRARY });
  for (const name of ["steps", "steps", "fails"]) await playRun(window, name);
});
after(async () => {
  if (obstacle === null) await window.dispose();
});

test("[WIN-41] runs are found by words and state, and the address keeps what was looked for", options, async () => {
  const { page, context, complaints } = await window.open("#/runs");
  await page.getByRole("link", { name: "steps" }).nth(1).waitFor();
  await page.getByRole("searchbox").fill("fails");
  await page.getByRole("link", { name: "steps" }).first().waitFor({ state: "detached" });
  await page.getByRole("link", { name: "fails" }).first().waitFor();
  await page.reload();
  await page.getByRole("link", { name: "fails" }).first().waitFor();
  assert.equal(await page.getByRole("link", { name: "steps" }).count(), 0);
  assert.deepEqual([...(await axeViolations(page)), ...(await tooWide(page)), ...complaints], []);
  await page.screenshot({ path: process.env["SHOT"] ?? "/dev/null", type: "png" });
  await context.close();
});

test("[WIN-42] what is deleted can be brought back, and is gone once that was given up", options, async () => {
  const { page, context } = await window.open("#/runs?q=fails");
  const row = page.getByRole("row").filter({ hasText: "fails" });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete" }).first().click();
  await row.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await row.waitFor();
  assert.equal((await window.ask("run.list", {})).length, 3);
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete" }).first().click();
  await page.getByRole("button", { name: "Delete for good now" }).click();
  await page.getByRole("button", { name: "Delete for good now" }).waitFor({ state: "detached" });
  assert.equal((await window.ask("run.list", {})).length, 2);
  await context.close();
});

test("[WIN-43] a run is run again with another input", options, async () => {
  const { page, context } = await window.open("#/runs");
  const row = page.getByRole("row").filter({ hasText: "steps" }).first();
  await row.getByRole("button").last().click();
  await page.getByRole("menuitem", { name: "Run again…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("count").fill("3");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
  const [newest] = [...(await window.ask("run.list", {}))].sort((left, right) => right.createdAt - left.createdAt);
  assert.equal(newest?.inputs["count"], 3);
  await context.close();
});
