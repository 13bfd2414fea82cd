import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { appKinds } from "#test/support/electron-standin/app-kinds.ts";
import { ROOT, endProcess, startAgent, temporaryFolder } from "#test/support/fleet.ts";
import { canUseNetns, createLan } from "#test/support/netns.ts";
import { playStory } from "#test/support/window-story.ts";

for (const kind of appKinds().filter(({ name }) => name === "the stand-in"))
  test(
    `[DESK-3] [WIN-32] the whole story in the desktop app on ${kind.name}, with two machines found by mDNS`,
    { skip: kind.skip || (canUseNetns() ?? false) },
    async (context) => {
      const lan = await createLan(3);
      context.after(() => lan.dispose());
      const folder = temporaryFolder(context);
      const [home, ...hosts] = lan.hosts;
      assert.ok(home);
      const machines = [];
      for (const [index, host] of hosts.entries()) {
        const agent = await startAgent(host, ["studio", "attic"][index] ?? "", path.join(folder, String(index)));
        context.after(() => endProcess(agent));
        machines.push({ ready: agent.ready, address: null });
      }
      // As Electron makes it: nobody else may look in.
      const dataFolder = path.join(folder, "app");
      mkdirSync(dataFolder, { mode: 0o700 });
      const app = await kind.launch({ root: ROOT, dataFolder, host: home });
      context.after(() => app.dispose());
      await playStory(await app.page(), machines);
    },
  );
