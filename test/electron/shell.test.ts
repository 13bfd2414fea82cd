import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { contentSecurityPolicy } from "#core/ipc/content-security.ts";
import { MAX_FRAME_BYTES } from "#core/ipc/frame-limit.ts";
import { appKinds } from "../support/electron-standin/app-kinds.ts";
import type { LaunchedApp } from "../support/electron-standin/launch.ts";
import { ask, hostPids, logMessages, until } from "../support/electron-fixture/desktop.ts";
import type { BuiltApp } from "../support/electron-fixture/build.ts";
import { appUnderTest } from "../support/electron-fixture/build.ts";

for (const kind of appKinds()) {
  const skip = kind.skip;
  if (skip !== false) {
    // As a test, not only as a suite: so that the count of what was skipped, and why, is seen.
    test(`[DESK-1] the desktop shell works on ${kind.name}`, { skip });
    continue;
  }
  describe(`the desktop shell on ${kind.name}`, () => {
    let built: BuiltApp;
    let dataFolder: string;
    let app: LaunchedApp;
    let page: Page;

    before(async () => {
      built = await appUnderTest();
      dataFolder = mkdtempSync(join(tmpdir(), "lanweave-data-"));
      app = await kind.launch({ root: built.root, dataFolder });
      page = await app.page();
      await page.waitForLoadState();
    });

    after(async () => {
      await app.dispose();
      rmSync(dataFolder, { recursive: true, force: true });
      built.remove();
    });

    test("[DESK-1] the page finds no part of Node or Electron", async () => {
      const found = await page.evaluate(() =>
        ["require", "process", "module", "global", "Buffer", "electron", "ipcRenderer"].filter(
          (name) => name in window,
        ),
      );
      assert.deepEqual(found, []);
    });

    test("[DESK-1] a path out of the page's folder is answered 404", async () => {
      const statuses = await page.evaluate(async () => {
        const paths = ["./index.html", "./none.js", "./..%2f..%2fpackage.json", "./%2e%2e/electron/main.js", "./%00"];
        return Promise.all(paths.map(async (path) => (await fetch(path)).status));
      });
      assert.deepEqual(statuses, [200, 404, 404, 404, 404]);
    });

    test("[DESK-2] the page finds exactly the bridge, frozen", async () => {
      const bridge = await page.evaluate(() => {
        const found: object = Reflect.get(window, "lanweave");
        const members = Object.entries(found).map(([name, value]) => [
          name,
          typeof value === "function" ? "function" : value,
        ]);
        const added = Reflect.set(found, "extra", 1);
        return { members: Object.fromEntries(members), isFrozen: Object.isFrozen(found), added };
      });
      const members = { version: 1, platform: process.platform, send: "function", onFrame: "function" };
      assert.deepEqual(bridge, { members, isFrozen: true, added: false });
    });

    test("[DESK-2] an inner frame finds no bridge", async () => {
      const found = await page.evaluate(() => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        const has = frame.contentWindow !== null && "lanweave" in frame.contentWindow;
        frame.remove();
        return has;
      });
      assert.equal(found, false);
    });

    test("[DESK-3] every file comes with the policy and says that its type is not to be guessed", async () => {
      const headers = await page.evaluate(async () => {
        const answers = await Promise.all([fetch("./"), fetch("./none.js")]);
        return answers.map((answer) => [
          answer.headers.get("content-security-policy"),
          answer.headers.get("x-content-type-options"),
        ]);
      });
      const expected = [contentSecurityPolicy(), "nosniff"];
      assert.deepEqual(headers, [expected, expected]);
    });

    test("[DESK-3] inline scripts, inline style sheets, eval and connections elsewhere are blocked", async () => {
      const violations = await page.evaluate(async () => {
        const seen: string[] = [];
        document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.inlineRan = true";
        const style = document.createElement("style");
        style.textContent = "h1 { color: red }";
        document.head.append(script, style);
        const button = document.createElement("button");
        button.setAttribute("onclick", "window.inlineRan = true");
        button.click();
        const evaluated = await new Promise((resolve) => {
          const worker = new Worker(
            URL.createObjectURL(new Blob(["try { eval('1'); postMessage('ran') } catch (e) { postMessage(e.name) }"])),
          );
          worker.onmessage = (event) => resolve(event.data);
        });
        await fetch("https://elsewhere.example/").catch(() => undefined);
        // Each violation is an event of its own, some after what caused it has returned.
        while (seen.length < 4)
          await new Promise((resolve) => document.addEventListener("securitypolicyviolation", resolve));
        return { seen: seen.toSorted(), ran: "inlineRan" in window, evaluated };
      });
      const seen = ["connect-src", "script-src-attr", "script-src-elem", "style-src-elem"];
      assert.deepEqual(violations, { seen, ran: false, evaluated: "EvalError" });
    });

    test("[DESK-4] a navigation away is blocked, and a plain https one is opened in the system's browser", async () => {
      await app.evaluate(({ shell }) => {
        const opened: string[] = [];
        Reflect.set(globalThis, "opened", opened);
        shell.openExternal = (url) => Promise.resolve(void opened.push(url));
      }, undefined);
      const before = page.url();
      for (const url of ["https://away.example/page", "http://plain.example/", "https://me:secret@away.example/"]) {
        await page.evaluate((target) => void (location.href = target), url);
        await until(`the refusal of ${url} is seen`, async () => {
          const opened = await app.evaluate(() => Reflect.get(globalThis, "opened"), undefined);
          const refused = logMessages(dataFolder).some((line) => line.includes(JSON.stringify(url)));
          return refused || (Array.isArray(opened) && opened.includes(url));
        });
      }
      assert.equal(page.url(), before);
      assert.deepEqual(await app.evaluate(() => Reflect.get(globalThis, "opened"), undefined), [
        "https://away.example/page",
      ]);
    });

    test("[DESK-4] window.open gives nothing and makes no window", async () => {
      assert.equal(await page.evaluate(() => window.open("http://new.example/")), null);
      await until("the refusal is logged", () =>
        logMessages(dataFolder).some((line) => line.includes("http://new.example/")),
      );
      assert.equal(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length, undefined), 1);
    });

    test("[DESK-4] permissions are denied, except writing text to the clipboard", async () => {
      const states = await page.evaluate(async () => {
        const query = async (name: string): Promise<string> => {
          const status: { state: string } = await Reflect.apply(navigator.permissions.query, navigator.permissions, [
            { name },
          ]);
          return status.state;
        };
        const notifications = await Notification.requestPermission();
        return [notifications, await query("camera"), await query("clipboard-read"), await query("clipboard-write")];
      });
      assert.deepEqual(states, ["denied", "denied", "denied", "granted"]);
    });

    test("[DESK-5] a frame reaches the coordinator, and its answer the page", async () => {
      const frame = await ask(page, 900_001);
      assert.match(frame, /900001/);
    });

    test("[DESK-5] what is no string, or too long, is refused in the page", async () => {
      const errors = await page.evaluate((limit) => {
        const bridge: { send(frame: unknown): void } = Reflect.get(window, "lanweave");
        return [{ kind: "quit" }, "é".repeat(limit / 2 + 1)].map((frame) => {
          try {
            bridge.send(frame);
            return "sent";
          } catch (error) {
            return error instanceof Error ? error.message : String(error);
          }
        });
      }, MAX_FRAME_BYTES);
      assert.deepEqual(errors, [
        "expected a frame as a string, found object",
        `expected a frame of at most ${MAX_FRAME_BYTES} bytes`,
      ]);
    });

    test("[DESK-5] messages of another page, an inner frame and an unknown window are refused and logged", async () => {
      await app.evaluate(({ ipcMain, BrowserWindow }) => {
        const sender = BrowserWindow.getAllWindows()[0]?.webContents;
        const own = { url: "app://lanweave/", parent: null };
        const frames = [{ url: "https://evil.example/app://lanweave/", parent: null }, { ...own, parent: own }, null];
        for (const senderFrame of frames) ipcMain.emit("lanweave:frame", { sender, senderFrame }, "foreign");
        ipcMain.emit("lanweave:open", { sender: {}, senderFrame: own });
      }, undefined);
      const problems = logMessages(dataFolder).flatMap((line) => /"problem":"([^"]+)"/.exec(line)?.[1] ?? []);
      assert.deepEqual(problems.slice(-4), [
        "it comes from https://evil.example/app://lanweave/, expected app://lanweave/",
        "it comes from an inner frame (app://lanweave/)",
        "its frame is gone",
        "its window is not ours",
      ]);
    });

    test("[DESK-8] a second start ends at once and brings the first one's window back", async () => {
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize(), undefined);
      const second = await kind.launch({ root: built.root, dataFolder }).catch(() => undefined);
      assert.equal(await (second?.exited ?? Promise.resolve(0)), 0);
      await second?.dispose();
      await until("the window is back", async () => {
        return (
          (await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized(), undefined)) ===
          false
        );
      });
    });

    test("[DESK-9] the menu is English in an English system", async () => {
      const labels = await app.evaluate(
        ({ Menu }) => Menu.getApplicationMenu()?.items.map((item) => item.label),
        undefined,
      );
      const own = process.platform === "darwin" ? ["Lanweave"] : [];
      assert.deepEqual(labels, [...own, "File", "Edit", "View", "Window", "Help"]);
    });

    test("[DESK-6] a coordinator that is killed is started again, and the window loads again", async () => {
      const [pid = 0] = await hostPids(app);
      const loaded = page.waitForEvent("load");
      process.kill(pid, "SIGKILL");
      await loaded;
      assert.match(await ask(page, 900_002), /900002/);
      const pids = await hostPids(app);
      assert.equal(pids.length, 1);
      assert.notEqual(pids[0], pid);
    });

    test("[DESK-7][DESK-10] quitting ends the coordinator and writes down where the window was", async () => {
      const [pid = 0] = await hostPids(app);
      const bounds = { x: 40, y: 60, width: 900, height: 640 };
      await app.evaluate(({ BrowserWindow }, wanted) => BrowserWindow.getAllWindows()[0]?.setBounds(wanted), bounds);
      assert.equal(await app.quit(), 0);
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
      const state: unknown = JSON.parse(readFileSync(join(dataFolder, "window.json"), "utf8"));
      assert.deepEqual(state, { bounds, isMaximized: false });
    });
  });
}
