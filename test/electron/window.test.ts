import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ask, hostPids, tell } from "../support/electron-fixture/desktop.ts";
import { appKinds } from "../support/electron-standin/app-kinds.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const PARTS = ["dist/electron/main.js", "dist/electron/host.js", "dist/renderer/index.html"];
const missing = PARTS.filter((part) => !existsSync(join(PROJECT, part)));
const notBuilt = missing.length > 0 && `${missing.join(", ")} missing: npm run build`;

// The product itself, all parts together as they were built: the real window, the real shell, the real coordinator.

for (const kind of appKinds()) {
  const skip = kind.skip || notBuilt;
  if (skip !== false) {
    // As a test, not only as a suite: so that the count of what was skipped, and why, is seen.
    test(`[DESK-3] the real window works on ${kind.name}`, { skip });
    continue;
  }
  describe(`the real window on ${kind.name}`, () => {
    test("[DESK-3] it draws itself without one violation of the policy, its coordinator answers and starts an agent here", async () => {
      const dataFolder = mkdtempSync(join(tmpdir(), "lanweave-window-"));
      const app = await kind.launch({ root: PROJECT, dataFolder });
      try {
        const page = await app.page();
        const complaints: string[] = [];
        page.on("pageerror", (error) => complaints.push(error.message));
        page.on("console", (message) => {
          if (message.type() === "error") complaints.push(message.text());
        });
        // From its first moment on, which has passed.
        await page.reload();
        await page.locator("nav").first().waitFor();
        assert.match(await ask(page, 900_003), /900003/);
        const start = { kind: "request", id: 900_004, method: "fleet.start-local", params: { count: 1 } };
        assert.match(
          await tell(page, JSON.stringify(start), '"id":900004'),
          /"ok":true,"result":{"agents":\["\w{16}"\]}/,
        );
        assert.deepEqual(complaints, []);
        const [pid = 0] = await hostPids(app);
        assert.equal(await app.quit(), 0);
        assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
      } finally {
        await app.dispose();
        rmSync(dataFolder, { recursive: true, force: true });
      }
    });
  });
}
