import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { complaints, noBrowser, openBrowser } from "#test/support/browser.ts";
import { endProcess, startAgent, startCoordinator, temporaryFolder } from "#test/support/fleet.ts";
import { canUseNetns, createLan } from "#test/support/netns.ts";
import { bringPort } from "#test/support/netns-port.ts";
import { playStory } from "#test/support/window-story.ts";
import type { StoryMachine } from "#test/support/window-story.ts";

const NAMES = ["studio", "attic"];

async function play(context: TestContext, address: string, machines: readonly StoryMachine[]): Promise<void> {
  const browser = await openBrowser();
  context.after(() => browser.close());
  const window = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
  const errors = complaints(window);
  const page = await window.newPage();
  await page.goto(address);
  await playStory(page, machines);
  assert.deepEqual(errors, []);
}

test(
  "[WIN-1] [WIN-32] [SNAP-4] from the first start to a forked run, with two machines found by mDNS",
  { skip: noBrowser() || (canUseNetns() ?? false) },
  async (context) => {
    const lan = await createLan(3);
    context.after(() => lan.dispose());
    const folder = temporaryFolder(context);
    const [home, ...hosts] = lan.hosts;
    assert.ok(home);
    const coordinator = await startCoordinator(home, path.join(folder, "app"));
    context.after(() => endProcess(coordinator));
    const machines: StoryMachine[] = [];
    for (const [index, host] of hosts.entries()) {
      const agent = await startAgent(host, NAMES[index] ?? "", path.join(folder, String(index)));
      context.after(() => endProcess(agent));
      machines.push({ ready: agent.ready, address: null });
    }
    const brought = await bringPort(home, Number(new URL(coordinator.address).port));
    context.after(() => brought.dispose());
    await play(context, coordinator.address, machines);
  },
);

test(
  "[WIN-1] [WIN-32] the same where no network is to be heard, with a machine added by its address",
  { skip: noBrowser() || canUseNetns() === undefined ? "it is told with machines found by mDNS here" : false },
  async (context) => {
    const folder = temporaryFolder(context);
    const coordinator = await startCoordinator(null, path.join(folder, "app"));
    context.after(() => endProcess(coordinator));
    const place = ["--no-advertise", "--host", "127.0.0.1", "--port", "0"];
    const agent = await startAgent(null, "studio", path.join(folder, "agent"), ...place);
    context.after(() => endProcess(agent));
    const machine = { ready: agent.ready, address: `127.0.0.1:${String(agent.ready.port)}` };
    await play(context, coordinator.address, [machine]);
  },
);
