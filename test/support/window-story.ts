import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { AgentReady } from "./fleet.ts";
import { tooWide } from "./window-checks.ts";

const LONG_MS = 60_000;

/** How a machine comes to the window: heard by mDNS, or by its address where there is no network to be heard on. */
export interface StoryMachine {
  readonly ready: AgentReady;
  readonly address: string | null;
}

/**
 * The whole story as a new person has it, in a window that was never opened before: first steps, machines found and paired by their
 * codes, a sample run, a freeze, a look back, and a fork with a changed definition.
 */
export async function playStory(page: Page, machines: readonly StoryMachine[]): Promise<void> {
  page.setDefaultTimeout(LONG_MS);
  await page.getByRole("heading", { name: "Welcome to Lanweave" }).waitFor();
  for (const machine of machines) await pair(page, machine);
  await page.getByRole("button", { name: "Run the picture" }).click();
  await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
  await runLonger(page);
  await freeze(page);
  await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
  const original = page.url();
  await lookBack(page);
  await fork(page);
  assert.notEqual(page.url(), original);
  assert.deepEqual(await tooWide(page), []);
}

async function pair(page: Page, { ready, address }: StoryMachine): Promise<void> {
  if (address === null) await page.getByRole("button", { name: `Pair ${ready.name}` }).click();
  else {
    await page.getByRole("link", { name: "Fleet" }).click();
    await page.getByRole("button", { name: "Add by address" }).first().click();
    await page.getByLabel("Address", { exact: true }).fill(address);
    await page.getByRole("button", { name: "Continue" }).click();
  }
  const code = page.getByLabel("Code shown by the agent");
  await code.fill("000-001");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Pair", exact: true }).click();
  await page.getByText("That is not the code this agent shows").waitFor();
  await code.fill(ready.code);
  await dialog.getByRole("button", { name: "Pair", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  if (address === null) return;
  await page.goBack();
  await page.getByRole("heading", { name: "Welcome to Lanweave" }).waitFor();
}

/** Once more from the library, with tiles that take long enough to be caught at work. */
async function runLonger(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Library" }).first().click();
  await page.getByRole("link", { name: /^picture/ }).click();
  await page.getByLabel(/iterations/).fill("8000");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByTestId("run-state").filter({ hasText: "Running" }).waitFor();
}

async function freeze(page: Page): Promise<void> {
  await page.locator('.card[data-state="running"]').first().waitFor();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByText(/\d+ process(es)? frozen on \d machines?/).waitFor();
  await page.locator("[data-frozen] .clock.stopped").waitFor();
  assert.equal(await page.locator('.card[data-state="running"]').count(), 0);
  await page.getByRole("button", { name: "Resume" }).click();
}

/** To the beginning by the timeline's slider, where nothing of what followed is to be seen. */
async function lookBack(page: Page): Promise<void> {
  await page.getByRole("slider", { name: /moment|time/i }).focus();
  await page.keyboard.press("Home");
  await page.waitForURL(/at=\d/);
  await page.getByRole("button", { name: "Fork from here" }).waitFor();
  await page.locator('.card[data-state="completed"]').first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.getByRole("button", { name: "Fork from here" }).waitFor({ state: "detached" });
}

/** From the end, with other words in the last step: only that step runs again. */
async function fork(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Fork", exact: true }).click();
  const text = page.getByRole("textbox", { name: "Definition" });
  await text.click();
  await page.keyboard.press("Control+f");
  await page.keyboard.type("label: Join");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("End");
  await page.keyboard.insertText(" once more\n    environment: { ONCE: more }");
  await page.getByText("1 task runs again").waitFor();
  await page.getByRole("button", { name: "Start the fork" }).click();
  await page.getByText(/^Forked at event/).waitFor();
  await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
  await page.evaluate(() => (location.hash += "?node=join"));
  await page.getByRole("heading", { name: "Join once more" }).waitFor();
}
