import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { WindowFixture } from "#test/support/window-fixture.ts";
import { startWindowFixture } from "#test/support/window-fixture.ts";
import { WIDE, axeViolations, launchBrowser, openWindow, windowObstacle } from "#test/support/window-page.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };
const AGO_MS = 60_000;

let browser: Browser;
let fixture: WindowFixture;

before(async () => {
  if (obstacle !== null) return;
  browser = await launchBrowser();
  fixture = await startWindowFixture();
  fixture.world.play("sort", 10 * AGO_MS, AGO_MS);
  fixture.world.play("release", 5 * AGO_MS, AGO_MS);
  fixture.world.play("picture", 2 * AGO_MS, AGO_MS);
});
after(async () => {
  if (obstacle !== null) return;
  await browser.close();
  await fixture.dispose();
});

const PLACES = [
  "#/library/picture",
  "#/library/broken",
  "#/runs",
  "#/runs/r-0002-release/graph?node=go-on",
  "#/runs/r-0001-sort/tree?node=parts[5]/sort",
  "#/fleet",
  "#/metrics/r-0003-picture",
  "#/settings",
];

for (const look of [WIDE, { ...WIDE, theme: "dark", language: "zh", width: 390, height: 844 } as const]) {
  test(
    `[WIN-11] axe and the browser have nothing to complain of (${look.theme}, ${look.width} px)`,
    options,
    async () => {
      const found: string[] = [];
      for (const place of PLACES) {
        const { page, complaints } = await openWindow(browser, `${fixture.url}${place}`, look);
        await page.locator("h1:visible").first().waitFor();
        if (place.includes("graph")) await page.locator("[data-drawn] canvas").first().waitFor();
        found.push(...(await axeViolations(page)).map((one) => `${place} ${one}`), ...complaints);
        await page.context().close();
      }
      assert.deepEqual(found, []);
    },
  );
}

test("[WIN-11] dialogs, menus and the palette pass axe too", options, async () => {
  const { page } = await openWindow(browser, `${fixture.url}#/fleet`, WIDE);
  await page.getByRole("button", { name: "Pair kitchen" }).click();
  await page.getByRole("dialog").getByRole("textbox").waitFor();
  assert.deepEqual(await axeViolations(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await page.getByRole("option").first().waitFor();
  assert.deepEqual(await axeViolations(page), []);
  await page.context().close();
});

test(
  "[WIN-12] a pause cools the page, stops the clock and counts what is frozen; a resume thaws it",
  options,
  async () => {
    const run = fixture.world.start("picture");
    const { page } = await openWindow(browser, `${fixture.url}#/runs/${run.id}/graph`, WIDE);
    await page.locator('[data-drawn] [data-state="running"]').first().waitFor();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.locator("[data-frozen]").waitFor();
    await page.locator('.card[data-state="suspended"]').first().waitFor();
    assert.match(await page.getByTestId("freeze-line").innerText(), /\d+ processe?s? frozen on \d machines?/);
    assert.equal(await page.locator('.card[data-state="running"]').count(), 0);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.locator("[data-frozen]").waitFor({ state: "detached" });
    await page.locator('[data-run-state="completed"]').waitFor();
    await page.context().close();
  },
);

test("[WIN-12] a window opened during a pause shows the clock of the one that paused", options, async () => {
  const run = fixture.world.start("picture");
  const place = `${fixture.url}#/runs/${run.id}/graph`;
  const { page } = await openWindow(browser, place, WIDE);
  await page.locator('[data-drawn] [data-state="running"]').first().waitFor();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.locator("[data-frozen]").waitFor();
  await page.waitForFunction((since) => Date.now() > since + 1_500, run.head.pausedSince ?? 0);
  const shown = await page.locator(".clock").innerText();
  const { page: second } = await openWindow(browser, place, WIDE);
  assert.equal(await second.locator(".clock").innerText(), shown);
  assert.equal(await page.locator(".clock").innerText(), shown);
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
  await page.locator('[data-run-state="cancelled"]').waitFor();
  await page.context().close();
  await second.context().close();
});

test("[WIN-13] a card bears the colour of its machine", options, async () => {
  const { page } = await openWindow(browser, `${fixture.url}#/runs/r-0003-picture/graph`, WIDE);
  await page.locator('.card[data-state="completed"]').first().waitFor();
  const hues = await page
    .locator('.card[data-state="completed"]')
    .evaluateAll((cards) => [...new Set(cards.map((card) => getComputedStyle(card, "::before").backgroundColor))]);
  assert.ok(hues.length > 1 && !hues.includes("rgba(0, 0, 0, 0)"), hues.join(" "));
  await page.context().close();
});

test("[WIN-7] graph and tree are walked by keys, and the place is in the address", options, async () => {
  const { page } = await openWindow(browser, `${fixture.url}#/runs/r-0003-picture/graph`, WIDE);
  await page.locator(".card").first().waitFor();
  await page.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /node=tiles/);
  await page.getByRole("tab", { name: "Tree" }).click();
  const rows = page.getByRole("row");
  const open = await rows.count();
  await page.getByRole("treegrid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((count) => document.querySelectorAll("[role=row]").length < count, open);
  assert.equal(await page.getByRole("row", { expanded: false }).count(), 1);
  await page.context().close();
});

test("[WIN-2] a lost connection is said, and the page goes on by itself", options, async () => {
  const { page } = await openWindow(browser, `${fixture.url}#/fleet`, WIDE);
  await page.getByRole("article", { name: "studio" }).waitFor();
  const said = page.getByText("No connection to the coordinator").waitFor();
  fixture.dropConnections();
  await said;
  await page.getByText("No connection to the coordinator").waitFor({ state: "detached" });
  await page.context().close();
});

test("[WIN-14] without a machine, one press starts this one and the run", options, async (context) => {
  const empty = await startWindowFixture({ isEmpty: true });
  context.after(() => empty.dispose());
  const { page } = await openWindow(browser, `${empty.url}#/library/picture`, WIDE);
  await page.getByRole("button", { name: "Use this machine and run" }).click();
  await page.locator('[data-run-state="running"]').waitFor();
  await page.locator('.card[data-state="running"]').first().waitFor();
  await page.context().close();
});

test("[WIN-6] ten thousand nodes open closed, and no more than 250 are elements", options, async () => {
  const { page } = await openWindow(browser, `${fixture.url}#/library/large-10000`, WIDE);
  await page.getByRole("button", { name: "Open all containers" }).waitFor();
  assert.equal(await page.locator("[data-drawn=far]").count(), 1);
  await page.getByRole("button", { name: "Open all containers" }).click();
  for (let press = 0; press < 30; press += 1) await page.getByRole("button", { name: "Zoom in" }).click();
  await page.locator("[data-drawn=near]").waitFor();
  assert.ok((await page.locator("[data-drawn] [data-path]").count()) <= 2 * 250);
  await page.context().close();
});
