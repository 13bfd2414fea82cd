import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { contentSecurityPolicy } from "#core/ipc/content-security.ts";
import { MAX_FRAME_BYTES, isFrameWithinLimit } from "#core/ipc/frame-limit.ts";
import { parseHostReply, parseHostRequest } from "#core/ipc/host-link.ts";
import { assetFile, contentType } from "#main/electron/asset.ts";
import { Backlog } from "#main/electron/backlog.ts";
import { isSafeExternalUrl } from "#main/electron/external-url.ts";
import { QuitSequence } from "#main/electron/quit-sequence.ts";
import { RestartPolicy } from "#main/electron/restart-policy.ts";
import { ShellLog } from "#main/electron/shell-log.ts";
import { desktopText } from "#main/electron/text/desktop-text.ts";
import { parseWindowState, restoredState } from "#main/electron/window-state.ts";

// The decisions of the shell that need no Electron.

describe("addresses", () => {
  test("[DESK-1] only files inside the page's folder, asked for by the page's own address, have a file", () => {
    const file = (url: string): string | undefined => assetFile("/app/page", url);
    assert.equal(file("app://lanweave/"), "/app/page/index.html");
    assert.equal(file("app://lanweave/assets/a%20b.js?v=1#x"), "/app/page/assets/a b.js");
    const refused = [
      "app://lanweave/..%2fsecret",
      "app://lanweave/a/%2e%2e/%2e%2e%2fsecret",
      "app://lanweave/..%5csecret",
      "app://lanweave/%00",
      "app://lanweave/%zz",
      "app://other/index.html",
      "file:///app/page/index.html",
      "app://lanweave/../page-of-another/../..%2f..%2fetc/passwd",
      "nonsense",
    ];
    assert.deepEqual(
      refused.map(file),
      refused.map(() => undefined),
    );
  });

  test("[DESK-3] a file of unknown type is served as bytes", () => {
    assert.equal(contentType("/a/page.HTML"), "text/html; charset=utf-8");
    assert.equal(contentType("/a/page.exe"), "application/octet-stream");
  });

  test("[DESK-4] only plain https links are handed to the system", () => {
    assert.equal(isSafeExternalUrl("https://example.org/docs?a=1#b"), true);
    const refused = [
      "http://example.org/",
      "https://user@example.org/",
      "https://u:p@example.org/",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "ms-settings:",
      "https://",
      `https://example.org/${"a".repeat(3_000)}`,
    ];
    assert.deepEqual(refused.filter(isSafeExternalUrl), []);
  });

  test("[DESK-3] the policy never lets a script or a style sheet in that is not a file of ours", () => {
    const directives = new Map(
      contentSecurityPolicy()
        .split("; ")
        .map((part) => [part.split(" ")[0], part]),
    );
    assert.equal(directives.get("default-src"), "default-src 'none'");
    assert.equal(directives.get("script-src"), "script-src 'self'");
    assert.equal(directives.get("style-src"), "style-src 'self'");
    assert.ok(!contentSecurityPolicy().includes("unsafe-eval"));
  });
});

describe("frames", () => {
  test("[DESK-5] the limit counts bytes as they are sent", () => {
    const cases: readonly (readonly [string, boolean])[] = [
      ["a".repeat(MAX_FRAME_BYTES), true],
      ["a".repeat(MAX_FRAME_BYTES + 1), false],
      ["é".repeat(MAX_FRAME_BYTES / 2), true],
      [`${"é".repeat(MAX_FRAME_BYTES / 2)}a`, false],
      ["😀".repeat(MAX_FRAME_BYTES / 4), true],
      [`${"织".repeat(Math.floor(MAX_FRAME_BYTES / 3))}織`, false],
    ];
    for (const [text, isWithin] of cases) {
      assert.equal(isFrameWithinLimit(text), isWithin);
      assert.equal(Buffer.byteLength(text) <= MAX_FRAME_BYTES, isWithin);
    }
  });

  test("[DESK-5] what is no message of the host link is refused with what was expected", () => {
    assert.deepEqual(parseHostRequest({ kind: "quit" }), { ok: true, value: { kind: "quit" } });
    for (const data of [null, "quit", { kind: "open" }, { kind: "frame", session: "", frame: "x" }, { kind: "exec" }]) {
      assert.equal(parseHostRequest(data).ok, false);
    }
    const refused = parseHostReply({ kind: "frame", session: "a", frame: 1 });
    assert.match(refused.ok ? "" : refused.error, /at frame/);
  });

  test("[DESK-5] at most 256 requests or 8 Mi characters wait for the coordinator", () => {
    const many = new Backlog();
    const added = Array.from({ length: 257 }, (_, index) => many.add({ kind: "open", session: String(index) }));
    assert.deepEqual([added.filter(Boolean).length, added[256]], [256, false]);
    assert.equal(many.take().length, 256);
    assert.deepEqual(many.take(), []);
    const large = new Backlog();
    assert.equal(large.add({ kind: "frame", session: "a", frame: "x".repeat(MAX_FRAME_BYTES) }), true);
    assert.equal(large.add({ kind: "frame", session: "a", frame: "x" }), false);
  });
});

describe("restarts", () => {
  test("[DESK-6] the wait doubles, the sixth end within a minute is the last, and an old one is forgotten", () => {
    const policy = new RestartPolicy();
    const delays = [0, 1_000, 2_000, 3_000, 4_000].map((time) => policy.crashed(time));
    assert.deepEqual(
      delays,
      [250, 500, 1_000, 2_000, 4_000].map((delayMs) => ({ kind: "restart", delayMs })),
    );
    assert.deepEqual(policy.crashed(59_000), { kind: "give-up" });
    assert.deepEqual(policy.crashed(200_000), { kind: "restart", delayMs: 250 });
  });
});

describe("quitting", () => {
  test("[DESK-7] phases run once, in order, whatever one of them does", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lanweave-quit-"));
    try {
      const log = new ShellLog(join(folder, "logs/desktop.log"));
      const done: string[] = [];
      const sequence = new QuitSequence(
        [
          { name: "fails", deadlineMs: 1_000, run: () => Promise.reject(new Error("no")) },
          { name: "hangs", deadlineMs: 20, run: () => new Promise(() => undefined) },
          { name: "works", deadlineMs: 1_000, run: () => void done.push("works") },
        ],
        log,
      );
      await Promise.all([sequence.run(), sequence.run()]);
      assert.deepEqual([done, sequence.isFinished], [["works"], true]);
      const lines = readFileSync(log.file, "utf8").trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => /"phase":"(\w+)"/.exec(line)?.[1]),
        ["fails", "hangs"],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("[DESK-6] the log keeps at most two files of about a mebibyte", () => {
    const folder = mkdtempSync(join(tmpdir(), "lanweave-log-"));
    try {
      const log = new ShellLog(join(folder, "desktop.log"));
      const line = "x".repeat(100_000);
      for (let index = 0; index < 30; index += 1) log.info(line, { message: "a field cannot replace the message" });
      const sizes = [log.file, `${log.file}.1`].map((file) => readFileSync(file).byteLength);
      assert.ok(sizes.every((size) => size < 1_200_000));
      assert.ok(readFileSync(log.file, "utf8").includes(line));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the window's place", () => {
  const screens = [
    { x: 0, y: 0, width: 1_920, height: 1_040 },
    { x: 1_920, y: 0, width: 1_280, height: 1_000 },
  ];
  const centred = { x: 320, y: 120, width: 1_280, height: 800 };

  test("[DESK-10] it opens where it was left while a screen shows its upper edge", () => {
    const bounds = { x: 2_000, y: 100, width: 900, height: 700 };
    const text = JSON.stringify({ bounds, isMaximized: true });
    assert.deepEqual(restoredState(text, screens), { bounds, isMaximized: true });
    assert.deepEqual(restoredState(text, screens.slice(0, 1)), { bounds: centred, isMaximized: true });
  });

  test("[DESK-10] it opens in the middle at the first start and after a damaged file", () => {
    const damaged = ["", "{", "null", "[]", '{"bounds":{"x":1}}', '{"bounds":{"x":0,"y":0,"width":1e9,"height":-5}}'];
    for (const text of [undefined, ...damaged]) {
      assert.deepEqual(restoredState(text, screens), { bounds: centred, isMaximized: false });
    }
    assert.equal(parseWindowState('{"bounds":{"x":0.5,"y":0,"width":900,"height":700}}'), undefined);
    const small = { x: 0, y: 0, width: 1_024, height: 600 };
    assert.deepEqual(restoredState(undefined, [small]).bounds, small);
  });
});

describe("words", () => {
  test("[DESK-9] every locale gets a language, and Chinese leaves no English label behind", () => {
    const { menu } = desktopText("zh-CN");
    assert.equal(desktopText("zh").menu, menu);
    assert.equal(desktopText("de-AT").menu.file, "File");
    assert.equal(desktopText("").menu.file, "File");
    const untranslated = Object.entries(menu).filter(([, label]) => !/\p{Script=Han}/u.test(label));
    assert.deepEqual(untranslated, []);
  });
});
