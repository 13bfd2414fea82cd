import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { WebSocket } from "ws";
import { contentSecurityPolicy } from "#core/ipc/content-security.ts";
import { MAX_FRAME_BYTES } from "#core/ipc/frames.ts";
import { DEFAULT_PORT, serveWindow } from "#main/serve/serve.ts";
import type { ServedWindow } from "#main/serve/serve.ts";
import { atEndOf, temporaryFolder } from "#test/support/command-process.ts";
import { SmallHost } from "#test/support/small-host.ts";

interface Served {
  readonly window: ServedWindow;
  readonly host: SmallHost;
  readonly dataDir: string;
  readonly rendererDir: string;
  readonly cookie: string;
}

async function serve(
  t: TestContext,
  settings: { port?: number | null; pingIntervalMs?: number } = {},
): Promise<Served> {
  const folder = temporaryFolder(t);
  const rendererDir = join(folder, "renderer");
  mkdirSync(join(rendererDir, "assets"), { recursive: true });
  writeFileSync(join(rendererDir, "index.html"), "<!doctype html><title>window</title>");
  writeFileSync(join(rendererDir, "assets", "index-Ab12_-xy.js"), "export {};");
  writeFileSync(join(rendererDir, "assets", "plain.css"), "a{}");
  writeFileSync(join(folder, "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(rendererDir, "linked.txt"));
  const host = new SmallHost();
  const { port = 0, ...rest } = settings;
  const window = await serveWindow({ host, dataDir: folder, port, rendererDir, ...rest });
  atEndOf(t, () => window.dispose());
  const { headers } = await get(window, new URL(window.secretUrl).search.replace(/^/, "/"));
  const cookie = (headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
  return { window, host, dataDir: folder, rendererDir, cookie };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The path goes out as it is written, which `fetch` would not do. */
async function get(
  window: ServedWindow,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  const sent = request({ host: "127.0.0.1", port: window.port, path, method, agent: false, headers });
  sent.end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

function openSocket(t: TestContext, window: ServedWindow, headers: Record<string, string>, path = "/ipc"): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${window.port}${path}`, { headers });
  atEndOf(t, () => socket.terminate());
  return socket;
}

/** How an attempt to open a WebSocket ends: `open`, or the refusal's text. */
function outcomeOf(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("open", () => resolve("open"));
    socket.once("error", (error) => resolve(error.message));
  });
}

test("[SERVE-2] without the cookie nothing is answered but a plain page that says what to do", async (t) => {
  const { window } = await serve(t);
  for (const path of ["/", "/index.html", "/assets/index-Ab12_-xy.js", "/nothing", "/ipc"]) {
    const { status, body } = await get(window, path);
    assert.equal(status, 401, path);
    assert.match(body, /Open the address that &#34;lanweave serve&#34; printed/);
  }
  const { status, headers } = await get(window, "/?token=wrong");
  assert.deepEqual([status, headers["set-cookie"]], [403, undefined]);
  assert.equal((await get(window, "/", { cookie: `lanweave-${window.port}=wrong` })).status, 401);
});

test("[SERVE-2] the printed address sets a cookie out of reach of scripts and other sites, and hides the token", async (t) => {
  const { window, cookie } = await serve(t);
  const { status, headers } = await get(window, `/${new URL(window.secretUrl).search}`);
  assert.deepEqual([status, headers.location], [303, "/"]);
  assert.match(headers["set-cookie"]?.[0] ?? "", /; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/);
  const page = await get(window, "/", { cookie });
  assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.equal(page.headers["content-security-policy"], contentSecurityPolicy());
  assert.ok(!cookie.includes(new URL(window.secretUrl).searchParams.get("token") ?? ""));
});

test("[SERVE-2] the token outlives the server and is for its user only", async (t) => {
  const { window, dataDir, rendererDir, host } = await serve(t);
  await window.dispose();
  const again = await serveWindow({ host, dataDir, port: window.port, rendererDir });
  atEndOf(t, () => again.dispose());
  assert.equal(again.secretUrl, window.secretUrl);
  if (process.platform !== "win32") assert.equal(statSync(join(dataDir, "serve-token")).mode & 0o777, 0o600);
});

test("[SERVE-3] another Host or Origin is refused, with the right cookie too", async (t) => {
  const { window, cookie } = await serve(t);
  const own = `127.0.0.1:${window.port}`;
  const refused = [
    { host: `evil.example:${window.port}` },
    { host: "127.0.0.1" },
    { host: `127.0.0.1:${window.port + 1}` },
    { origin: "http://evil.example" },
    { origin: `http://localhost:${window.port}` },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
  ];
  for (const headers of refused) {
    const { status } = await get(window, "/", { host: own, cookie, ...headers });
    assert.equal(status, 403, JSON.stringify(headers));
  }
  assert.equal((await get(window, "/", { host: `localhost:${window.port}`, cookie })).status, 200);
});

test("[SERVE-3] a WebSocket needs the cookie, the Host and the Origin of the page", async (t) => {
  const { window, cookie } = await serve(t);
  const origin = `http://127.0.0.1:${window.port}`;
  assert.match(await outcomeOf(openSocket(t, window, { origin })), /401/);
  assert.match(await outcomeOf(openSocket(t, window, { cookie })), /403/);
  assert.match(await outcomeOf(openSocket(t, window, { cookie, origin: "http://evil.example" })), /403/);
  assert.match(await outcomeOf(openSocket(t, window, { cookie, origin, host: "evil.example" })), /403/);
  assert.match(await outcomeOf(openSocket(t, window, { cookie, origin }, "/other")), /404/);
  assert.equal(await outcomeOf(openSocket(t, window, { cookie, origin })), "open");
});

test("[SERVE-4] no path leads out of the window's folder", async (t) => {
  const { window, cookie } = await serve(t);
  const paths = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/assets/../../secret.txt",
    "//secret.txt",
  ];
  for (const path of [
    ...paths,
    "/linked.txt",
    "/assets",
    "/assets/",
    "/.env",
    "/..\\secret.txt",
    "/%00",
    "/%",
    "/nothing.js",
  ]) {
    const { status, body } = await get(window, path, { cookie });
    assert.equal(status, 404, path);
    assert.ok(!body.includes("secret"), path);
  }
  assert.equal((await get(window, "/", { cookie }, "POST")).status, 405);
});

test("[SERVE-4] files with a digest in their name are kept, others asked for again by ETag", async (t) => {
  const { window, cookie, rendererDir } = await serve(t);
  const hashed = await get(window, "/assets/index-Ab12_-xy.js", { cookie });
  assert.equal(hashed.headers["cache-control"], "private, max-age=31536000, immutable");
  assert.equal(hashed.headers["content-type"], "text/javascript; charset=utf-8");
  const plain = await get(window, "/assets/plain.css", { cookie });
  const etag = plain.headers.etag ?? "";
  assert.deepEqual([plain.headers["cache-control"], plain.body], ["no-cache", "a{}"]);
  assert.equal((await get(window, "/assets/plain.css", { cookie, "if-none-match": etag })).status, 304);
  writeFileSync(join(rendererDir, "assets", "plain.css"), "b{}...");
  assert.equal((await get(window, "/assets/plain.css", { cookie, "if-none-match": etag })).status, 200);
  assert.equal((await get(window, "/", { cookie }, "HEAD")).body, "");
});

test("[SERVE-5] frames travel both ways, and a session ends with its socket", async (t) => {
  const { window, host, cookie } = await serve(t);
  const socket = openSocket(t, window, { cookie, origin: `http://127.0.0.1:${window.port}` });
  await once(socket, "open");
  socket.send('{"kind":"request","id":1,"method":"run.list","params":{}}');
  const [reply] = await once(socket, "message");
  assert.deepEqual(JSON.parse(String(reply)), { kind: "reply", id: 1, ok: true, result: [] });
  socket.send('{"kind":"watch","topic":"runs"}');
  await once(socket, "message");
  host.tell("runs", []);
  const [patch] = await once(socket, "message");
  assert.equal(JSON.parse(String(patch)).kind, "patch");
  host.endSessions("the coordinator ends");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, String(reason)], [1001, "the coordinator ends"]);
  await host.hasSessions(0);
});

test("[SERVE-5] garbage ends the socket it came in, and no other", async (t) => {
  const { window, cookie } = await serve(t);
  const headers = { cookie, origin: `http://127.0.0.1:${window.port}` };
  const sound = openSocket(t, window, headers);
  await once(sound, "open");
  const garbage = ["nonsense", "{}", '{"kind":"watch"}', Buffer.from([0, 1]), "x".repeat(MAX_FRAME_BYTES + 1)];
  const codes: number[] = [];
  for (const frame of garbage) {
    const socket = openSocket(t, window, headers);
    socket.on("error", () => {});
    await once(socket, "open");
    socket.send(frame);
    const [code] = await once(socket, "close");
    codes.push(code);
  }
  assert.deepEqual(codes, [1001, 1001, 1001, 1003, 1009]);
  sound.send('{"kind":"request","id":1,"method":"run.list","params":{}}');
  assert.match(String((await once(sound, "message"))[0]), /"reply"/);
});

test("[SERVE-5] a client that floods is closed", async (t) => {
  const { window, cookie } = await serve(t);
  const socket = openSocket(t, window, { cookie, origin: `http://127.0.0.1:${window.port}` });
  await once(socket, "open");
  for (let index = 0; index < 1_000; index += 1) socket.send('{"kind":"unwatch","topic":"runs"}');
  assert.equal((await once(socket, "close"))[0], 1008);
});

test("[SERVE-5] a browser that does not answer a ping is given up", async (t) => {
  const { window, host, cookie } = await serve(t, { pingIntervalMs: 50 });
  const headers = { cookie, origin: `http://127.0.0.1:${window.port}` };
  const silent = new WebSocket(`ws://127.0.0.1:${window.port}/ipc`, { headers, autoPong: false });
  atEndOf(t, () => silent.terminate());
  const answering = openSocket(t, window, headers);
  await Promise.all([once(silent, "open"), once(answering, "open")]);
  assert.equal((await once(silent, "close"))[0], 1006);
  await host.hasSessions(1);
  assert.equal(answering.readyState, WebSocket.OPEN);
});

test("[SERVE-1] the usual port is left to who has it, a given one is insisted on", async (t) => {
  const blocker = createServer();
  const isOurs = await new Promise<boolean>((resolve) => {
    blocker.once("error", () => resolve(false));
    blocker.listen({ host: "127.0.0.1", port: DEFAULT_PORT, exclusive: true }, () => resolve(true));
  });
  if (isOurs) atEndOf(t, () => void blocker.close());
  const { window, rendererDir, dataDir, host } = await serve(t, { port: null });
  assert.notEqual(window.port, DEFAULT_PORT);
  const again = serveWindow({ host, dataDir, port: window.port, rendererDir });
  await assert.rejects(again, /the port \d+ of this machine is taken by another program: give another one with --port/);
});

test("a window that was not built is an error that says how to build it", async (t) => {
  const dataDir = temporaryFolder(t);
  const served = serveWindow({ host: new SmallHost(), dataDir, port: 0, rendererDir: join(dataDir, "none") });
  await assert.rejects(served, /run "npm run build" first/);
});
