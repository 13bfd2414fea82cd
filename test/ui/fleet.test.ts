import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RealWindow } from "#test/support/real-window.ts";
import { tooWide } from "#test/support/window-checks.ts";
import { WIDE, axeViolations, windowObstacle } from "#test/support/window-page.ts";
import { startRun } from "#test/support/window-world.ts";

const obstacle = windowObstacle();
const options = obstacle === null ? {} : { skip: obstacle };
const NEEDS_LABEL = `lanweave: 1
name: needs-label
nodes:
  - id: all
    type: parallel
    forEach: "[1, 2]"
    nodes: [{ id: nap, type: task, run: sleep 60, needs: { labels: [fast] } }]
`;

let window: RealWindow;

before(async () => {
  if (obstacle !== null) return;
  window = await RealWindow.start({ machines: ["studio", "attic"], library: { "needs-label": NEEDS_LABEL } });
});
after(async () => {
  if (obstacle === null) await window.dispose();
});

test(
  "[WIN-28] [WIN-29] a machine gets a name and a label, takes the task that needs it, and shows it in its slots and on the map",
  options,
  async () => {
    const run = await startRun(window, "needs-label");
    const { page, context, complaints } = await window.open("#/fleet");
    const card = page.getByRole("article", { name: "attic" });
    await card.getByText("Online").waitFor();
    assert.equal(await page.getByRole("list", { name: "Works on" }).count(), 0);
    await card.getByRole("button", { name: "More for attic" }).click();
    await page.getByRole("menuitem", { name: "Name and labels…" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("garage");
    await page.getByRole("textbox", { name: "Labels" }).fill("fast, big disk");
    await page.getByRole("button", { name: "Save" }).click();
    const renamed = page.getByRole("article", { name: "garage" });
    await renamed.getByRole("link", { name: "all[0]/nap" }).waitFor();
    await renamed.getByText("2 of 2 in use").waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await page.getByRole("tab", { name: "Topology" }).click();
    const onMap = page.locator('[data-machine="garage"]');
    await onMap.getByRole("link", { name: "needs-label: all[1]/nap" }).waitFor();
    assert.equal(await page.locator('[data-machine="studio"] a').count(), 0);
    assert.deepEqual([...(await axeViolations(page)), ...(await tooWide(page))], []);
    await window.ask("run.pause", { run, mode: "freeze" });
    await onMap.locator("a.frozen").first().waitFor();
    await window.ask("run.cancel", { run });
    await onMap.locator("a").first().waitFor({ state: "detached" });
    const known = await window.ask("fleet.list", {});
    assert.deepEqual(known.find(({ name }) => name === "garage")?.addedLabels, ["fast", "big disk"]);
    assert.deepEqual(complaints, []);
    await context.close();
  },
);

test("[WIN-28] two machines do not get one name", options, async () => {
  await assert.rejects(window.ask("fleet.rename", { target: "garage", name: "Studio" }), /another machine is called/);
});

test(
  "[WIN-30] whoever misses a machine is told what was looked at, and what answers at an address",
  options,
  async () => {
    const { page, context } = await window.open("#/fleet");
    await page.getByRole("button", { name: "Why can't I see my machine?" }).click();
    await page.getByText(/^This app was started without looking/).waitFor();
    await page.getByLabel("Look whether an address answers").fill("127.0.0.1:1");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByText("127.0.0.1:1: the machine is there, but nothing listens on this port").waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await context.close();
  },
);

test("[WIN-31] load over time is drawn from what the coordinator has kept", options, async () => {
  const { page, context } = await window.open("#/fleet");
  await page.getByRole("img", { name: "Load of studio over the last hour" }).waitFor();
  const samples = await window.ask("fleet.samples", {});
  for (const series of Object.values(samples))
    assert.ok(series.length > 1 && series.every(({ running }) => running >= 0));
  await context.close();
});

test("[WIN-32] a new app begins with its first steps, in the person's language", options, async (context) => {
  const empty = await RealWindow.start();
  context.after(() => empty.dispose());
  const { page } = await empty.open("", { ...WIDE, width: 390, height: 844 });
  await page.getByRole("heading", { name: "Welcome to Lanweave" }).waitFor();
  assert.deepEqual([...(await axeViolations(page)), ...(await tooWide(page))], []);
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("button", { name: "使用本机" }).click();
  await page.getByRole("button", { name: "运行图像示例" }).click();
  await page.locator('[data-run-state="running"]').waitFor();
  await page.goto(page.url().split("#")[0] ?? "");
  await page.getByRole("heading", { name: "Library" }).waitFor();
});
