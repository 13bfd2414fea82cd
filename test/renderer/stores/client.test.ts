import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { WebSocketServer } from "ws";
import type { ServerFrame } from "#core/ipc/frames.ts";
import { Client } from "#renderer/stores/client.ts";
import type { ClientStatus } from "#renderer/stores/client.ts";
import { TopicMirror } from "#renderer/stores/topic-mirror.ts";
import { topicRules } from "#renderer/stores/topic-rules.ts";
import type { TransportListener } from "#renderer/stores/transport.ts";
import { webSocketTransport } from "#renderer/stores/transport.ts";
import { SmallHost } from "#test/support/small-host.ts";

/** The coordinator's end of a connection inside this process, and the timers of the client, which the test lets pass. */
class Line {
  readonly sent: unknown[] = [];
  readonly timers: { delayMs: number; callback: () => void }[] = [];
  listener: TransportListener | null = null;
  readonly client = new Client(
    (listener) => {
      this.listener = listener;
      return { send: (frame) => this.sent.push(JSON.parse(frame)), close: () => (this.listener = null) };
    },
    (delayMs, callback) => {
      const timer = { delayMs, callback };
      this.timers.push(timer);
      return () => void this.timers.splice(this.timers.indexOf(timer), this.timers.includes(timer) ? 1 : 0);
    },
  );

  answer(frame: ServerFrame): void {
    this.listener?.onFrame(JSON.stringify(frame));
  }

  async greet(): Promise<void> {
    this.client.connect();
    this.listener?.onOpen();
    const hello = this.sent.at(-1);
    assert.ok(typeof hello === "object" && hello !== null && "id" in hello && typeof hello.id === "number");
    this.answer({
      kind: "reply",
      id: hello.id,
      ok: true,
      result: { version: 1, appId: "a", appName: "desk", product: "p" },
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("[WIN-2] the first request is hello, and nothing is asked before its answer", async () => {
  const line = new Line();
  const early = await line.client.request("run.list", {});
  assert.equal(early.ok ? "" : early.error.code, "offline");
  await line.greet();
  assert.deepEqual(line.sent, [{ kind: "request", id: 1, method: "hello", params: { version: 1, client: "window" } }]);
  assert.equal(line.client.status.kind, "online");
});

test("[WIN-2] a lost connection fails what waits, is tried again ever later, and renews what is watched", async () => {
  const line = new Line();
  const states: ClientStatus["kind"][] = [];
  line.client.onStatus((status) => states.push(status.kind));
  await line.greet();
  line.client.watch("fleet", () => undefined);
  const waiting = line.client.request("fleet.unpair", { target: "x" });
  const delays: number[] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    line.listener?.onClose();
    delays.push(line.timers[0]?.delayMs ?? 0);
    line.timers[0]?.callback();
  }
  assert.equal((await waiting).ok, false);
  assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  line.sent.length = 0;
  line.client.connect();
  await line.greet();
  assert.deepEqual(line.sent.at(-1), { kind: "watch", topic: "fleet" });
  assert.equal(states.at(-1), "online");
});

test("[WIN-1] a topic is unwatched when its last watcher goes", async () => {
  const line = new Line();
  await line.greet();
  const stopOne = line.client.watch("runs", () => undefined);
  const stopTwo = line.client.watch("runs", () => undefined);
  stopOne();
  stopTwo();
  stopTwo();
  assert.deepEqual(line.sent.slice(1), [
    { kind: "watch", topic: "runs" },
    { kind: "watch", topic: "runs" },
    { kind: "unwatch", topic: "runs" },
  ]);
});

test("[WIN-2] what is no frame, or no answer to the question, is an error and never reaches a page", async () => {
  const line = new Line();
  await line.greet();
  const wrong = line.client.request("run.list", {});
  line.answer({ kind: "reply", id: 2, ok: true, result: [{ run: 7 }] });
  const answer = await wrong;
  assert.equal(answer.ok ? "" : answer.error.code, "bad-frame");
  line.listener?.onFrame("{");
  assert.equal(line.client.status.kind, "offline");
});

const piece = (offset: number, text: string): object => ({ offset, stream: "stdout", text });
const LOG_HEAD = { run: "r", path: "a", attempt: 1, sizeBytes: 3, complete: false };

test("[WIN-1] patches apply in order, an old one changes nothing, a gap waits for a snapshot", () => {
  const mirror = new TopicMirror(topicRules.log);
  const patch = (version: number, upsert: object[], remove: string[] = []) =>
    mirror.apply({ kind: "patch", topic: "log", version, upsert, remove });
  assert.equal(patch(1, [piece(9, "early")]), "ignored");
  assert.equal(
    mirror.apply({ kind: "snapshot", topic: "log", version: 4, head: LOG_HEAD, items: [piece(0, "a")] }),
    "applied",
  );
  assert.equal(patch(4, [piece(0, "again")]), "ignored");
  assert.equal(patch(5, [piece(1, "b")], ["0"]), "applied");
  assert.equal(patch(7, [piece(2, "c")]), "gap");
  assert.equal(patch(8, [piece(3, "d")]), "ignored");
  assert.deepEqual([...mirror.items.values()], [piece(1, "b")]);
  assert.equal(
    mirror.apply({ kind: "snapshot", topic: "log", version: 8, head: LOG_HEAD, items: [piece(3, "d")] }),
    "applied",
  );
  assert.deepEqual([...mirror.items.keys()], ["3"]);
});

test("[WIN-1] data that does not fit the topic is not taken in", () => {
  const mirror = new TopicMirror(topicRules.log);
  assert.equal(
    mirror.apply({ kind: "snapshot", topic: "log", version: 1, head: LOG_HEAD, items: [{ offset: "x" }] }),
    "unsound",
  );
  assert.equal(mirror.items.size, 0);
});

test("[WIN-2] over a real socket the client comes back by itself and shows the present", async (context: TestContext) => {
  const host = new SmallHost();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  context.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on("connection", (socket) => {
    const sink = { send: (frame: string) => socket.send(frame), unsentBytes: () => 0, end: () => socket.close() };
    const session = host.open("window", sink);
    socket.on("message", (data) => session.receive(String(data)));
    socket.on("close", () => session.close());
  });
  const { port } = server.address() as AddressInfo;
  const client = new Client(webSocketTransport(`ws://127.0.0.1:${port}/`), (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  });
  context.after(() => client.dispose());
  let snapshots = 0;
  const second = new Promise<void>((resolve) => {
    client.watch("runs", (frame) => {
      if (frame.kind !== "snapshot") return;
      snapshots += 1;
      if (snapshots === 1) for (const socket of server.clients) socket.terminate();
      else resolve();
    });
  });
  client.connect();
  await second;
  assert.equal(client.status.kind, "online");
});
