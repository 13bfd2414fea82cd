import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { MAX_FRAME_BYTES } from "#core/ipc/frames.ts";
import { CoordinatorClient } from "#main/cli/client.ts";
import { dataFolderPath, holdDataFolder, readCoordinatorRecord } from "#main/host/data-folder.ts";
import type { DataFolder } from "#main/host/data-folder.ts";
import { MAX_LOCAL_CLIENTS, connectLocal, listenLocal } from "#main/host/local-socket.ts";
import { DataFolderHeldError } from "#main/host/session.ts";
import { atEndOf, temporaryFolder } from "#test/support/command-process.ts";
import { SmallHost } from "#test/support/small-host.ts";

interface Listening {
  readonly host: SmallHost;
  readonly folder: DataFolder;
  readonly socketPath: string;
}

async function listen(t: TestContext, dataDir: string = temporaryFolder(t)): Promise<Listening> {
  const host = new SmallHost();
  const folder = await holdDataFolder(dataDir);
  atEndOf(t, () => folder.dispose());
  const server = await listenLocal(host, folder);
  atEndOf(t, () => server.dispose());
  return { host, folder, socketPath: server.socketPath };
}

async function openClient(dataDir: string): Promise<CoordinatorClient> {
  const channel = await connectLocal(dataDir);
  assert.ok(channel !== null);
  return CoordinatorClient.open(channel, "test");
}

async function openSocket(t: TestContext, path: string): Promise<Socket> {
  const socket = connect(path);
  atEndOf(t, () => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const onPosix = { skip: process.platform === "win32" ? "Windows has no file modes" : false };

test("[CLI-9] the socket and its folder open for their user only", onPosix, async (t) => {
  const dataDir = join(temporaryFolder(t), "data");
  const { socketPath } = await listen(t, dataDir);
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(socketPath)).mode & 0o777, 0o700);
  assert.equal(statSync(join(dataDir, "coordinator.json")).mode & 0o777, 0o600);
});

test("[CLI-9] a path too long for a socket gets a short one in a folder of the user's own", onPosix, async (t) => {
  const dataDir = join(temporaryFolder(t), "deep".repeat(40));
  const { socketPath } = await listen(t, dataDir);
  assert.ok(Buffer.byteLength(socketPath) <= 103, socketPath);
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(socketPath)).mode & 0o777, 0o700);
  const client = await openClient(dataDir);
  assert.deepEqual(await client.ask("run.list", {}), []);
  client.dispose();
});

test("[CLI-9] garbage ends the conversation it came in, and no other", async (t) => {
  const { folder, socketPath } = await listen(t);
  const client = await openClient(folder.path);
  for (const garbage of [
    "nonsense\n",
    "{}\n",
    '{"kind":"request"}\n',
    "\u0000\u0001\n",
    '{"kind":"watch","topic":7}\n',
  ]) {
    const socket = await openSocket(t, socketPath);
    socket.write(garbage);
    assert.match(await text(socket), /"kind":"failure","id":0,.*"message":"expected a frame/);
  }
  assert.deepEqual(await client.ask("run.list", {}), []);
  client.dispose();
});

test("[CLI-9] a frame above the limit ends its conversation with the reason", async (t) => {
  const { folder, socketPath } = await listen(t);
  const socket = await openSocket(t, socketPath);
  const answer = text(socket).catch(() => "");
  socket.write("x".repeat(MAX_FRAME_BYTES + 1));
  assert.match(await answer, /frame-too-large|^$/);
  const client = await openClient(folder.path);
  client.dispose();
});

test("[CLI-9] one client too many is told so, and the others go on", async (t) => {
  const { host, folder, socketPath } = await listen(t);
  const first = await openClient(folder.path);
  for (let index = 1; index < MAX_LOCAL_CLIENTS; index += 1) await openSocket(t, socketPath);
  await assert.rejects(openClient(folder.path), /already talks to 64 programs/);
  assert.deepEqual(await first.ask("run.list", {}), []);
  assert.equal(host.sessionCount, MAX_LOCAL_CLIENTS);
  first.dispose();
});

test("frames that come in pieces or several at once are taken one by one", async (t) => {
  const { socketPath } = await listen(t);
  const socket = await openSocket(t, socketPath);
  const hello = (id: number): string =>
    `{"kind":"request","id":${id},"method":"hello","params":{"version":1,"client":"ü"}}\n`;
  const bytes = Buffer.from(hello(1) + hello(2) + hello(3));
  const cut = bytes.indexOf(0xc3) + 1;
  socket.write(bytes.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(bytes.subarray(cut));
  let answers = "";
  for await (const chunk of socket) {
    answers += String(chunk);
    if (answers.split("\n").length > 3) break;
  }
  assert.deepEqual(
    answers.match(/"kind":"reply","id":\d/g),
    [1, 2, 3].map((id) => `"kind":"reply","id":${id}`),
  );
});

test("a client whose coordinator ends is told why, and its requests are answered", async (t) => {
  const { host, folder } = await listen(t);
  const client = await openClient(folder.path);
  host.endSessions("the coordinator ends");
  assert.equal(await client.ended, "the coordinator ends");
  assert.deepEqual(await client.request("run.list", {}), {
    ok: false,
    error: { code: "lost", message: "the coordinator ends" },
  });
});

test("[CLI-8] a data folder is held once, also within one process, and free after that", async (t) => {
  const dataDir = temporaryFolder(t);
  const folder = await holdDataFolder(dataDir);
  await assert.rejects(
    holdDataFolder(dataDir),
    (error) => error instanceof DataFolderHeldError && error.pid === process.pid,
  );
  folder.dispose();
  folder.dispose();
  assert.equal(readCoordinatorRecord(dataDir), null);
  const again = await holdDataFolder(dataDir);
  again.dispose();
});

test("[CLI-8] the socket and the record that a killed coordinator left behind are replaced", async (t) => {
  const dataDir = temporaryFolder(t);
  const left = join(dataDir, "coordinator.sock");
  writeFileSync(join(dataDir, "coordinator.lock"), "");
  writeFileSync(left, "");
  writeFileSync(join(dataDir, "coordinator.json"), JSON.stringify({ pid: 1, startedAt: 0, socketPath: left }));
  assert.equal(await connectLocal(dataDir), null);
  await listen(t, dataDir);
  const client = await openClient(dataDir);
  client.dispose();
  assert.equal(readCoordinatorRecord(dataDir)?.pid, process.pid);
});

test("a folder that others can read and that holds other things is refused, not closed", onPosix, async (t) => {
  const dataDir = join(temporaryFolder(t), "home");
  mkdirSync(dataDir, { mode: 0o755 });
  writeFileSync(join(dataDir, "letter.txt"), "");
  await assert.rejects(holdDataFolder(dataDir), /open to other users and holds other files/);
  assert.equal(statSync(dataDir).mode & 0o777, 0o755);
  assert.equal(existsSync(join(dataDir, "coordinator.lock")), false);
});

test("the data folder is the given one, LANWEAVE_DATA, or where the desktop app has its own", () => {
  const home = process.env["HOME"] ?? "";
  assert.equal(dataFolderPath("/given", { LANWEAVE_DATA: "/chosen" }, "linux"), "/given");
  assert.equal(dataFolderPath(undefined, { LANWEAVE_DATA: "/chosen" }, "linux"), "/chosen");
  assert.equal(dataFolderPath(undefined, { XDG_CONFIG_HOME: "/config" }, "linux"), "/config/Lanweave");
  assert.equal(dataFolderPath(undefined, {}, "linux"), join(home, ".config", "Lanweave"));
  assert.equal(dataFolderPath(undefined, {}, "darwin"), join(home, "Library", "Application Support", "Lanweave"));
});
