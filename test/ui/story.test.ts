import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { complaints, noBrowser, openBrowser } from "#test/support/browser.ts";
import { endProcess, lanweave, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";
import type { RunHead } from "#core/model/run.ts";

const skip = noBrowser();
const LONG_MS = 60_000;

/** States of the nodes that the tree shows, by path. */
async function treeStates(page: Page): Promise<string[]> {
  return page.getByRole("treegrid").getByRole("row").allInnerTexts();
}

test(
  "[WIN-1] pair by code, run, pause, see frozen nodes, resume, see them complete, all in the window",
  { skip },
  async (context) => {
    const folder = temporaryFolder(context);
    const data = path.join(folder, "app");
    const coordinator = await startCoordinator(null, data);
    context.after(() => endProcess(coordinator));
    const agent = await startAgent(
      null,
      "studio",
      path.join(folder, "agent"),
      "--no-advertise",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
    );
    context.after(() => endProcess(agent));
    const browser = await openBrowser();
    context.after(() => browser.close());
    const window = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
    const errors = complaints(window);
    const page = await window.newPage();
    page.setDefaultTimeout(LONG_MS);
    await page.goto(coordinator.address);

    await page.getByRole("link", { name: "Fleet" }).click();
    await page.getByRole("button", { name: "Add by address" }).first().click();
    await page.getByLabel("Address", { exact: true }).fill(`127.0.0.1:${String(agent.ready.port)}`);
    await page.getByRole("button", { name: "Continue" }).click();
    const code = page.getByLabel("Code shown by the agent");
    await code.fill("000-001");
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByText("That is not the code this agent shows").waitFor();
    await code.fill(agent.ready.code);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByText("Online").waitFor();

    await page.getByRole("link", { name: "Library" }).click();
    await page
      .getByRole("link", { name: /picture/ })
      .or(page.getByRole("button", { name: /^picture/ }))
      .first()
      .click();
    await page.getByLabel(/iterations/).fill("6000");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByTestId("run-state").filter({ hasText: "Running" }).waitFor();
    await page.getByRole("tab", { name: "Tree" }).click();
    await page.getByRole("treegrid").getByText("Running").nth(2).waitFor();

    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByText(/\d+ process(es)? frozen on 1 machine/).waitFor();
    const frozen = (await treeStates(page)).filter((row) => row.includes("Frozen"));
    assert.ok(frozen.length > 0, "frozen nodes are shown");
    const { lines } = await lanweave("runs", "--data", data);
    const [head] = lines as RunHead[];
    assert.equal(head?.state, "paused");

    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByTestId("run-state").filter({ hasText: "Completed" }).waitFor();
    await page.getByText("Files are home in").waitFor();
    assert.ok(
      (await treeStates(page)).slice(1).every((row) => row.includes("Completed")),
      "every node is shown completed",
    );
    await page.getByRole("tab", { name: "Graph" }).click();
    await page
      .getByRole("application")
      .or(page.getByLabel(/^Graph of picture/))
      .first()
      .waitFor();
    assert.deepEqual(errors, []);
  },
);
