import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RunId } from "#core/model/id.ts";
import { RealWindow } from "#test/support/real-window.ts";
import { moving, tooWide, unseenFocus } from "#test/support/window-checks.ts";
import { WIDE, axeViolations, windowObstacle } from "#test/support/window-page.ts";
import { WORLD_LIBRARY, largeWorkflow, playRun, startRun } from "#test/support/window-world.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };

let window: RealWindow;
/** Of each workflow of the world one run. */
const runs = new Map<string, RunId>();

before(async () => {
  if (obstacle !== null) return;
  window = await RealWindow.start({
    agents: 3,
    slots: 2,
    library: { ...WORLD_LIBRARY, large: largeWorkflow(100, 99) },
  });
  for (const name of ["steps", "fails"]) runs.set(name, await playRun(window, name));
  const asks = await startRun(window, "asks");
  runs.set("asks", asks);
  await window.until(asks, ({ counts }) => counts.completed === 1);
});
after(async () => {
  if (obstacle === null) await window.dispose();
});

/** Every page, in the places it has; `RUN` stands for the run of the workflow before it. */
const PLACES = [
  "#/library/steps",
  "#/library/broken",
  "#/library/steps/edit",
  "#/welcome",
  "#/fleet/topology",
  "#/runs/steps=RUN/gantt?node=list",
  "#/runs",
  "#/runs/asks=RUN/graph?node=go-on",
  "#/runs/steps=RUN/tree?node=parts[5]/part/work",
  "#/runs/fails=RUN/graph?node=try",
  "#/fleet",
  "#/metrics/steps=RUN",
  "#/settings",
];

function placeOf(place: string): string {
  return place.replace(/(\w+)=RUN/, (_, name: string) => runs.get(name) ?? "");
}

for (const look of [WIDE, { ...WIDE, theme: "dark", language: "zh", width: 390, height: 844 } as const]) {
  test(
    `[WIN-11] axe and the browser have nothing to complain of (${look.theme}, ${look.width} px)`,
    options,
    async () => {
      const found: string[] = [];
      const { page, context, complaints } = await window.open("#/library", look);
      for (const place of PLACES) {
        await window.visit(page, placeOf(place));
        if (place.includes("graph")) await page.locator("[data-drawn] canvas").first().waitFor();
        for (const one of [...(await axeViolations(page)), ...(await tooWide(page)), ...(await moving(page))])
          found.push(`${place} ${one}`);
        // At twice the size: half as many pixels for the page.
        await page.setViewportSize({ width: Math.min(look.width, 720), height: 450 });
        for (const one of await tooWide(page)) found.push(`${place} at twice the size: ${one}`);
        await page.setViewportSize({ width: look.width, height: look.height });
      }
      found.push(...complaints);
      await context.close();
      assert.deepEqual(found, []);
    },
  );
}

test("[WIN-7] wherever the Tab key comes to, it is seen", options, async () => {
  const found: string[] = [];
  const { page, context } = await window.open("#/library", WIDE);
  for (const place of PLACES) {
    await window.visit(page, placeOf(place));
    found.push(...(await unseenFocus(page)).map((one) => `${place} ${one}`));
  }
  await context.close();
  assert.deepEqual(found, []);
});

test("[WIN-11] dialogs, menus and the palette pass axe too", options, async () => {
  const { page } = await window.open("#/fleet", WIDE);
  await page.getByRole("button", { name: "Add by address" }).first().click();
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
    const { page } = await window.open(`#/runs/${await startRun(window, "slow")}/graph`, WIDE);
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
  const run = await startRun(window, "slow");
  const place = `#/runs/${run}/graph`;
  const { page } = await window.open(place, WIDE);
  await page.locator('[data-drawn] [data-state="running"]').first().waitFor();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.locator("[data-frozen]").waitFor();
  const { pausedSince } = await window.until(run, ({ state }) => state === "paused");
  await page.waitForFunction((since) => Date.now() > since + 1_500, pausedSince ?? 0);
  const shown = await page.locator(".clock").innerText();
  const { page: second } = await window.open(place, WIDE);
  assert.equal(await second.locator(".clock").innerText(), shown);
  assert.equal(await page.locator(".clock").innerText(), shown);
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
  await page.locator('[data-run-state="cancelled"]').waitFor();
  await page.context().close();
  await second.context().close();
});

test("[WIN-13] a card bears the colour of its machine", options, async () => {
  const { page } = await window.open(placeOf("#/runs/steps=RUN/graph"), WIDE);
  await page.locator('.card[data-state="completed"]').first().waitFor();
  const hues = await page
    .locator('.card[data-state="completed"]')
    .evaluateAll((cards) => [...new Set(cards.map((card) => getComputedStyle(card, "::before").backgroundColor))]);
  assert.ok(hues.length > 1 && !hues.includes("rgba(0, 0, 0, 0)"), hues.join(" "));
  await page.context().close();
});

test("[WIN-7] graph and tree are walked by keys, and the place is in the address", options, async () => {
  const { page } = await window.open(placeOf("#/runs/steps=RUN/graph"), WIDE);
  await page.locator(".card").first().waitFor();
  await page.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /node=parts/);
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
  const { page } = await window.open("#/fleet", WIDE);
  await page.getByText("Online").first().waitFor();
  const said = page.getByText("No connection to the coordinator");
  await window.withoutServer(() => said.waitFor());
  await said.waitFor({ state: "detached" });
  await page.context().close();
});

test("[WIN-14] without a machine, one press starts this one and the run", options, async (context) => {
  const empty = await RealWindow.start({ library: WORLD_LIBRARY });
  context.after(() => empty.dispose());
  const { page } = await empty.open("#/library/slow", WIDE);
  await page.getByRole("button", { name: "Use this machine and run" }).click();
  await page.locator('[data-run-state="running"]').waitFor();
  await page.locator('.card[data-state="running"]').first().waitFor();
});

test("[WIN-6] ten thousand nodes open closed, and no more than 250 are elements", options, async () => {
  const { page } = await window.open("#/library/large", WIDE);
  await page.getByRole("button", { name: "Open all containers" }).waitFor();
  assert.equal(await page.locator("[data-drawn=far]").count(), 1);
  await page.getByRole("button", { name: "Open all containers" }).click();
  await page.waitForFunction(
    () => Number(document.querySelector("[data-arranged]")?.getAttribute("data-arranged")) > 9_900,
  );
  for (let press = 0; press < 30; press += 1) await page.getByRole("button", { name: "Zoom in" }).click();
  await page.locator("[data-drawn=near]").waitFor();
  assert.ok((await page.locator("[data-drawn] [data-path]").count()) <= 2 * 250);
  await page.context().close();
});
