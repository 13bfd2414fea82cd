import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { HostRequest } from "#core/ipc/host-link.ts";
import { FrameRelay } from "#main/electron/frame-relay.ts";
import { ShellLog } from "#main/electron/shell-log.ts";

/** A window's page as the relay sees it, without a window. */
class Page extends EventEmitter {
  readonly received: string[] = [];
  reloads = 0;
  isGone = false;

  isDestroyed(): boolean {
    return this.isGone;
  }

  send(_channel: string, frame: string): void {
    this.received.push(frame);
  }

  reload(): void {
    this.reloads += 1;
  }
}

describe("the relay between pages and the coordinator", () => {
  let folder: string;
  let log: ShellLog;
  let pages: EventEmitter;
  let posted: HostRequest[];
  let isTaking: boolean;
  let relay: FrameRelay;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lanweave-relay-"));
    log = new ShellLog(join(folder, "desktop.log"));
    pages = new EventEmitter();
    posted = [];
    isTaking = true;
    const post = (request: HostRequest): boolean => isTaking && posted.push(request) > 0;
    relay = new FrameRelay(pages, post, log);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function say(page: Page, channel: "open" | "frame" | "taken", value?: unknown): void {
    const senderFrame = { url: "app://lanweave/", parent: null };
    pages.emit(`lanweave:${channel}`, { sender: page, senderFrame }, value);
  }

  function openPage(): Page {
    const page = new Page();
    relay.admit(page);
    say(page, "open");
    return page;
  }

  function lastSession(): string {
    const open = posted.findLast((request) => request.kind === "open");
    return open?.kind === "open" ? open.session : "none";
  }

  test("[DESK-5] frames reach only the page of their session", () => {
    const first = openPage();
    const firstSession = lastSession();
    const second = openPage();
    relay.deliver(firstSession, "one");
    relay.deliver(lastSession(), "two");
    relay.deliver("unknown", "three");
    assert.deepEqual([first.received, second.received], [["one"], ["two"]]);
    assert.notEqual(firstSession, lastSession());
  });

  test("[DESK-5] opening again closes the session before", () => {
    const page = openPage();
    const before = lastSession();
    say(page, "open");
    relay.deliver(before, "late");
    assert.deepEqual(
      posted.map((request) => request.kind),
      ["open", "close", "open"],
    );
    assert.deepEqual(page.received, []);
  });

  test("[DESK-5] a page that takes nothing of 32 Mi characters loads again, one that takes them does not", () => {
    const frame = "x".repeat(8 * 1024 * 1024);
    const quick = openPage();
    for (let count = 0; count < 10; count += 1) {
      relay.deliver(lastSession(), frame);
      say(quick, "taken", frame.length);
    }
    assert.deepEqual([quick.received.length, quick.reloads], [10, 0]);
    const stuck = openPage();
    const session = lastSession();
    for (let count = 0; count < 5; count += 1) relay.deliver(session, frame);
    assert.deepEqual([stuck.received.length, stuck.reloads], [4, 1]);
    assert.deepEqual(posted.at(-1), { kind: "close", session });
    for (const lie of [-1, Number.NaN, "all", undefined]) say(quick, "taken", lie);
    assert.equal(quick.reloads, 0);
  });

  test("[DESK-6] pages of a lost coordinator load again when there is one, except those that did so themselves", () => {
    const waiting = openPage();
    const eager = openPage();
    const closed = openPage();
    relay.hostLost();
    say(waiting, "frame", "into the void");
    say(eager, "open");
    closed.isGone = true;
    closed.emit("destroyed");
    relay.hostReady();
    relay.hostReady();
    assert.deepEqual([waiting.reloads, eager.reloads, closed.reloads], [1, 0, 0]);
    assert.ok(!posted.some((request) => request.kind === "frame"));
  });

  test("[DESK-5] a page whose words find no room loads again later, and the log says so", () => {
    const page = openPage();
    isTaking = false;
    say(page, "frame", "too much");
    isTaking = true;
    relay.deliver(lastSession(), "late");
    relay.hostReady();
    assert.deepEqual([page.received, page.reloads], [[], 1]);
    assert.match(readFileSync(log.file, "utf8"), /takes nothing more now/);
  });

  test("[DESK-7] after the relay is shut nothing passes in either direction", () => {
    const page = openPage();
    const session = lastSession();
    relay.shut();
    relay.deliver(session, "late");
    say(page, "frame", "late");
    say(page, "open");
    relay.hostLost();
    relay.hostReady();
    assert.deepEqual([page.received, page.reloads, posted.length], [[], 0, 1]);
  });

  test("[DESK-5] a page whose process ended has no session any more", () => {
    const page = openPage();
    page.emit("render-process-gone");
    assert.deepEqual(posted.at(-1), { kind: "close", session: posted[0]?.kind === "open" ? posted[0].session : "" });
    page.isGone = true;
    page.emit("destroyed");
    assert.equal(posted.length, 2);
  });
});
