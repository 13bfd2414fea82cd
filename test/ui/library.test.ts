import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { RealWindow } from "#test/support/real-window.ts";
import { axeViolations, windowObstacle } from "#test/support/window-page.ts";
import { WORLD_LIBRARY } from "#test/support/window-world.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };
const TYPED = `lanweave: 1
name: typed
nodes:
- id: first
type: tsk
run: echo typed by hand
`;

let window: RealWindow;

before(async () => {
  if (obstacle === null) window = await RealWindow.start({ agents: 1, library: WORLD_LIBRARY });
});
after(async () => {
  if (obstacle === null) await window.dispose();
});

/** The editor's text, all of it replaced; keys as a person types them. */
async function retype(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Text of/ }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

test(
  "[WIN-20] [WIN-21] a new workflow is written with help, a mistake is shown at its place, and it runs",
  options,
  async () => {
    const { page, context, complaints } = await window.open("#/library");
    await page.getByRole("button", { name: "New" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("typed");
    await page.getByRole("radio", { name: /^One task/ }).check();
    assert.deepEqual(await axeViolations(page), []);
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator('.card[data-path="first"]').waitFor();
    assert.deepEqual(await axeViolations(page), []);

    await retype(page, TYPED.replace("type: tsk\nrun", "  type: tsk\n  run"));
    await page.getByRole("button", { name: "Line 5, column 9" }).click();
    await page.keyboard.press("Shift+End");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("ta");
    await page.getByRole("option", { name: "task" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Line/ }).waitFor({ state: "detached" });
    await page.getByText("Not saved").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByRole("status").filter({ hasText: "Saved" }).first().waitFor();
    const kept = readFileSync(`${window.dataDir}/library/typed.yaml`, "utf8");
    assert.equal(kept, TYPED.replace("type: tsk\nrun", "  type: task\n  run"));

    await page.getByRole("link", { name: "← typed" }).click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  },
);

test(
  "[WIN-20] what is not saved is there after a reload, and another's change is not overwritten unasked",
  options,
  async () => {
    const { page, context } = await window.open("#/library/slow/edit");
    await page.locator(".card").first().waitFor();
    await retype(page, (WORLD_LIBRARY["slow"] ?? "").replace("All of them", "Mine"));
    await page.getByText("Not saved").waitFor();
    await page.reload();
    await page.getByText("Not saved").waitFor();
    const theirs = (WORLD_LIBRARY["slow"] ?? "").replace("All of them", "Theirs");
    await window.ask("library.save", { name: "slow", text: theirs, expected: WORLD_LIBRARY["slow"] ?? "" });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Save mine over it" }).click();
    await page.getByRole("status").filter({ hasText: "Saved" }).first().waitFor();
    assert.match(readFileSync(`${window.dataDir}/library/slow.yaml`, "utf8"), /Mine/);
    await context.close();
  },
);

test("[WIN-22] files are taken in after a look, and what is removed comes back", options, async () => {
  const { page, context } = await window.open("#/library");
  const file = (name: string, text: string) => ({ name, mimeType: "text/yaml", buffer: Buffer.from(text) });
  await page
    .locator("input[type=file]")
    .setInputFiles([file("taken.yaml", WORLD_LIBRARY["asks"] ?? ""), file("bad.yaml", "lanweave: 1\nname: x\n")]);
  await page.getByRole("dialog").getByText(/nodes/).waitFor();
  await page.getByRole("checkbox", { name: /bad/ }).uncheck();
  await page.getByRole("button", { name: "Take in 1 workflow" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("asks");
  await page.locator('a[href="#/library/taken"]').click();
  await page.getByRole("button", { name: "More for asks" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByText("taken was removed.").waitFor();
  assert.equal(await page.locator('a[href="#/library/taken"]').count(), 0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator('a[href="#/library/taken"]').waitFor();
  await context.close();
});

test("[WIN-20] a sample is not changed: a copy of it is", options, async () => {
  const { page, context } = await window.open("#/library/hello/edit");
  await page.getByText("Comes with Lanweave").waitFor();
  await page.getByRole("button", { name: "Make a copy" }).click();
  await page.getByRole("heading", { name: "Edit hello-copy" }).waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).waitFor();
  await context.close();
});
