import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildElectron } from "../../scripts/build-electron.ts";
import { ask, hostPids } from "../support/electron-fixture/desktop.ts";
import { appKinds } from "../support/electron-standin/app-kinds.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(PROJECT, "dist/renderer");
const HOST = join(PROJECT, "main/host/utility.ts");
const missing = existsSync(join(PAGE, "index.html")) ? false : "the window is not built: npm run build";

// The product itself, all parts together: the real window, the real shell, the real coordinator.

for (const kind of appKinds()) {
  describe(`the real window on ${kind.name}`, { skip: kind.skip || missing }, () => {
    test("[DESK-3] it draws itself without one violation of the policy, and its coordinator answers", async () => {
      const root = mkdtempSync(join(tmpdir(), "lanweave-window-"));
      try {
        cpSync(PAGE, join(root, "dist/renderer"), { recursive: true });
        cpSync(join(PROJECT, "package.json"), join(root, "package.json"));
        await buildElectron({ outFolder: join(root, "dist/electron"), hostEntry: HOST });
        const app = await kind.launch({ root, dataFolder: join(root, "data") });
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
          assert.deepEqual(complaints, []);
          const [pid = 0] = await hostPids(app);
          assert.equal(await app.quit(), 0);
          assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
        } finally {
          await app.dispose();
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
  });
}
