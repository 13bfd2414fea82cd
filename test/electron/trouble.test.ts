import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildFixtureApp } from "../support/electron-fixture/build.ts";
import type { BuiltApp } from "../support/electron-fixture/build.ts";
import {
  answerMessageBoxes,
  hostPids,
  logMessages,
  messageBoxes,
  tell,
  until,
} from "../support/electron-fixture/desktop.ts";
import { appKinds } from "../support/electron-standin/app-kinds.ts";
import type { LaunchedApp } from "../support/electron-standin/launch.ts";

// What a real coordinator does only in trouble, done on request by the fixture's. Each test has an app of its own; they
// run side by side, because most of their time is waiting for deadlines.

for (const kind of appKinds()) {
  const skip = kind.skip;
  if (skip !== false) {
    // As a test, not only as a suite: so that the count of what was skipped, and why, is seen.
    test(`[DESK-6] the desktop shell in trouble works on ${kind.name}`, { skip });
    continue;
  }
  describe(`the desktop shell in trouble on ${kind.name}`, { concurrency: 4 }, () => {
    let built: BuiltApp;
    const folders: string[] = [];

    before(async () => {
      built = await buildFixtureApp();
    });

    after(() => {
      built.remove();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    /** The data folder is told by `LANWEAVE_DATA`; another one, as the system's, stays empty. */
    async function launched(
      locale: string,
      run: (app: LaunchedApp, dataFolder: string) => Promise<void>,
    ): Promise<void> {
      const folder = mkdtempSync(join(tmpdir(), "lanweave-data-"));
      folders.push(folder);
      const own = join(folder, "own");
      const env = { LANWEAVE_DATA: own };
      const app = await kind.launch({ root: built.root, dataFolder: join(folder, "system"), locale, env });
      try {
        await (await app.page()).waitForSelector("#frames li");
        await run(app, own);
      } finally {
        await app.dispose();
      }
    }

    test("[DESK-6] the sixth end within a minute is a dialog, and Try again starts anew", () =>
      launched("en-US", async (app, dataFolder) => {
        await answerMessageBoxes(app, [0, 2]);
        for (let crash = 1; crash <= 6; crash += 1) {
          const [pid = 0] = await hostPids(app);
          process.kill(pid, "SIGKILL");
          await until(`coordinator ${crash + 1} is ready`, () => readyLines(dataFolder) === crash + 1);
        }
        const [box] = await messageBoxes(app);
        assert.equal(box?.message, "The coordinator keeps stopping");
        assert.deepEqual(box.buttons, ["Try again", "Show log", "Quit"]);
        assert.ok(box.detail.includes(join(dataFolder, "logs", "desktop.log")));
        const page = await app.page();
        await page.waitForSelector("#frames li");
        assert.match(await tell(page, "after all that", "after all that"), /"isOpen":true,"sessions":1/);
      }));

    test("[DESK-6] a coordinator that says it cannot start is not started again: a dialog says why", () =>
      launched("zh-CN", async (app, dataFolder) => {
        await answerMessageBoxes(app, [2]);
        const [pid = 0] = await hostPids(app);
        const page = await app.page();
        await page.evaluate(() => Reflect.get(window, "lanweave").send("fail"));
        assert.equal(await app.exited, 0);
        assert.equal(readyLines(dataFolder), 1);
        assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
        const end = logMessages(dataFolder).find((line) => line.includes("not started again"));
        assert.match(end ?? "", /"kind":"refused","code":"fixture","message":"The fixture was asked to fail."/);
      }));

    test("[DESK-7] a coordinator that does not quit is ended by force after the deadline", () =>
      launched("en-US", async (app, dataFolder) => {
        const [pid = 0] = await hostPids(app);
        process.kill(pid, "SIGSTOP");
        const start = performance.now();
        assert.equal(await app.quit(), 0);
        const seconds = (performance.now() - start) / 1000;
        assert.ok(seconds >= 10 && seconds < 14, `it took ${seconds} s, expected 10 to 14`);
        assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
        assert.ok(logMessages(dataFolder).some((line) => line.includes("did not quit in time")));
      }));

    test("[DESK-5][DESK-8][DESK-9] limits, sessions, folders and words", (context) =>
      launched("zh-CN", async (app, dataFolder) => {
        const page = await app.page();
        await context.test("[DESK-9] the menu is Chinese in a Chinese system", async () => {
          const labels = await app.evaluate(
            ({ Menu }) => Menu.getApplicationMenu()?.items.map((item) => item.label),
            undefined,
          );
          const own = process.platform === "darwin" ? ["Lanweave"] : [];
          assert.deepEqual(labels, [...own, "文件", "编辑", "视图", "窗口", "帮助"]);
        });

        await context.test(
          "[DESK-5] a frame of the whole limit arrives, a longer one is refused and the session goes on",
          async () => {
            const limit = 8 * 1024 * 1024;
            assert.equal((await tell(page, `large ${limit}`, "xxx")).length, limit);
            await page.evaluate((size) => Reflect.get(window, "lanweave").send(`large ${size}`), limit + 1);
            await until("the refusal is logged", () =>
              logMessages(dataFolder).some((line) => line.includes("is no message")),
            );
            assert.match(await tell(page, "still here", "still here"), /"isOpen":true/);
          },
        );

        await context.test(
          "[DESK-5] each load of the page is a session of its own, and the old one is closed",
          async () => {
            for (let load = 0; load < 3; load += 1) {
              await page.reload();
              await page.waitForSelector("#frames li");
            }
            assert.match(await tell(page, "count", "count"), /"isOpen":true,"sessions":1/);
          },
        );

        await context.test(
          "[DESK-8] LANWEAVE_DATA names the data folder, its owner's alone, with a place of its own for Chromium",
          async () => {
            const places = await app.evaluate(
              ({ app: electron }) => [electron.getPath("userData"), electron.getPath("sessionData")],
              undefined,
            );
            assert.deepEqual(places, [dataFolder, join(dataFolder, "chromium")]);
            const answered = await tell(page, "where", "where");
            assert.ok(answered.includes(JSON.stringify(dataFolder)), answered);
            if (process.platform === "win32") return;
            const modes = [dataFolder, join(dataFolder, "chromium")].map((folder) => statSync(folder).mode & 0o077);
            assert.deepEqual(modes, [0, 0]);
          },
        );
      }));
  });
}

function readyLines(dataFolder: string): number {
  return logMessages(dataFolder).filter((line) => line.includes("the coordinator is ready")).length;
}
