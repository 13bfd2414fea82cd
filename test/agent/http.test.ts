import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import type { AttemptSpec, ResolvedAction } from "#core/model/attempt.ts";
import type { Millis } from "#core/model/id.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { specOf, RUN, type TestLink } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { openTarget } from "#test/support/http-target.ts";

type Http = ResolvedAction & { readonly kind: "http" };

const PLAIN: Http = { kind: "http", method: "GET", url: "", headers: {}, body: null, expect: [] };

async function connect(context: TestContext): Promise<TestLink> {
  const world = await makeWorld(context);
  return world.connect();
}

function toSpec(path: string, action: Partial<Http>, more: Partial<AttemptSpec> = {}): AttemptSpec {
  return specOf(path, "", { action: { ...PLAIN, ...action }, ...more });
}

/** The result, or `CODE: MESSAGE`. */
async function request(
  link: TestLink,
  path: string,
  action: Partial<Http>,
  more?: Partial<AttemptSpec>,
): Promise<unknown> {
  const spec = toSpec(path, action, more);
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  if (outcome.kind === "success") return outcome.result;
  return outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.kind;
}

test("[FILE-3] an http task sends its method, headers and body, and its answer is the result", async (context) => {
  const link = await connect(context);
  const target = await openTarget(context, ({ method }, response) =>
    response.end(method === "HEAD" ? "" : '{"a":[1]}\n'),
  );
  const url = `http://127.0.0.1:${target.port}/x?q=1`;
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    assert.equal(await request(link, method.toLowerCase(), { method, url }), '{"a":[1]}');
  assert.equal(await request(link, "head", { method: "HEAD", url }), "");
  assert.deepEqual(await request(link, "json", { url }, { result: "json" }), { a: [1] });
  assert.deepEqual(await request(link, "lines", { url }, { result: "lines" }), ['{"a":[1]}']);
  assert.equal(await request(link, "none", { url }, { result: "none" }), null);
  const headers = { "X-Own": "é is sent as latin", "Content-Type": "text/csv" };
  await request(link, "text", { method: "POST", url, body: "a,b", headers: { ...headers, "X-Own": "1" } });
  await request(link, "object", { method: "POST", url, body: { b: [true, null] } });
  await request(link, "own-key", { method: "POST", url, headers: { "Idempotency-Key": "mine" } });
  await request(link, "user", { url: url.replace("//", "//us%40er:pa%3Ass@") });
  const seen = new Map(target.seen.map((one) => [String(one.headers["idempotency-key"]).replace(`${RUN}/`, ""), one]));
  assert.deepEqual(
    ["get", "post", "head"].map((path) => `${seen.get(path)?.method} ${seen.get(path)?.url} ${seen.get(path)?.body}`),
    ["GET /x?q=1 ", "POST /x?q=1 ", "HEAD /x?q=1 "],
  );
  assert.deepEqual([seen.get("text")?.headers["content-type"], seen.get("text")?.headers["x-own"]], ["text/csv", "1"]);
  assert.equal(seen.get("text")?.body, "a,b");
  assert.deepEqual(
    [seen.get("object")?.headers["content-type"], seen.get("object")?.body],
    ["application/json", '{"b":[true,null]}'],
  );
  assert.equal(seen.get("mine")?.method, "POST");
  assert.equal(seen.get("user")?.headers.authorization, `Basic ${Buffer.from("us@er:pa:ss").toString("base64")}`);
});

test("[FILE-3] the status decides, and redirections are followed unless they are expected", async (context) => {
  const link = await connect(context);
  const target = await openTarget(context, ({ url }, response) => {
    const status = Number(url.slice(1, 4));
    response.writeHead(status, status === 302 ? { location: "/200" } : url === "/301-loop" ? { location: url } : {});
    response.end(`body of ${url}`);
  });
  const url = `http://127.0.0.1:${target.port}`;
  assert.equal(await request(link, "a", { url: `${url}/201` }), "body of /201");
  assert.equal(await request(link, "b", { url: `${url}/404`, expect: [200, 404] }), "body of /404");
  assert.equal(
    await request(link, "c", { url: `${url}/500` }),
    `http-status: GET ${url}/500: expected status 200 to 299, found 500; it answered: body of /500`,
  );
  assert.match(
    String(await request(link, "d", { url: `${url}/200`, expect: [201, 204] })),
    /expected status 201, 204, found 200/,
  );
  assert.equal(await request(link, "e", { url: `${url}/302` }), "body of /200");
  assert.equal(await request(link, "f", { url: `${url}/302`, expect: [302] }), "body of /302");
  assert.match(
    String(await request(link, "g", { url: `${url}/301-loop` })),
    /^http: GET .* failed: .*redirect count exceeded/,
  );
});

test("[NODE-11] an answer that cannot be the result fails with the reason", async (context) => {
  const link = await connect(context);
  const target = await openTarget(context, ({ url }, response) => {
    if (url === "/cut") {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    } else
      response.end(
        url === "/big" ? "x".repeat(1_048_577) : url === "/empty" ? "" : url === "/infinite" ? "1e999" : "<html>",
      );
  });
  const url = `http://127.0.0.1:${target.port}`;
  const cases: readonly (readonly [string, AttemptSpec["result"], RegExp])[] = [
    ["/big", "text", /^result-too-large: expected a result of at most 1048576 bytes, but there was more in the answer/],
    ["/html", "json", /^result: expected JSON in the answer \(result: json\), found "<html>": /],
    ["/empty", "json", /^result: expected JSON in the answer \(result: json\), found nothing$/],
    ["/infinite", "json", /^result: a number of the result is too large/],
    ["/cut", "text", /^http: GET .*\/cut failed: terminated: other side closed$/],
  ];
  for (const [name, result, expected] of cases)
    assert.match(String(await request(link, name.slice(1), { url: url + name }, { result })), expected);
  assert.equal(await request(link, "none", { url: `${url}/big` }, { result: "none" }), null);
});

test("[FILE-3] what cannot be reached or asked for says why", async (context) => {
  const link = await connect(context);
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const cases: readonly (readonly [Partial<Http>, RegExp])[] = [
    [
      { url: `http://127.0.0.1:${port}/` },
      /^http: GET http:\/\/127\.0\.0\.1:\d+\/ failed: fetch failed: connect ECONNREFUSED/,
    ],
    [{ url: `http://me:secret@127.0.0.1:${port}/` }, /^http: GET http:\/\/127\.0\.0\.1:\d+\/ failed/],
    [{ url: "http://no-such-host.invalid/" }, /^http: .*(ENOTFOUND|EAI_AGAIN)/],
    [{ url: "ftp://127.0.0.1/" }, /^http: expected an address that begins with http:\/\/ or https:\/\/, found "ftp:/],
    [{ url: "nonsense" }, /^http: expected an address .* found "nonsense"/],
    [{ url: "http://127.0.0.1/", headers: { "bad name": "1" } }, /^http: .*invalid header name/],
    [{ url: "http://127.0.0.1/", body: "x" }, /^http: .*GET\/HEAD method cannot have body/],
  ];
  for (const [index, [action, expected]] of cases.entries())
    assert.match(String(await request(link, `n${index}`, action)), expected);
});

test("[FILE-3] an address may be an IPv6 literal", async (context) => {
  const link = await connect(context);
  const target = await openTarget(context, (_, response) => response.end("six"), { host: "::1" });
  assert.equal(await request(link, "a", { url: `http://[::1]:${target.port}/` }), "six");
});

test("[FAULT-6] a timeout and a stop end a request at once, and its connection with it", async (context) => {
  const link = await connect(context);
  const target = await openTarget(context, () => undefined);
  const url = `http://127.0.0.1:${target.port}/`;
  assert.match(
    String(await request(link, "slow", { url }, { timeoutMs: 200 as Millis })),
    /^timeout: the attempt took longer than its timeout of 200 ms/,
  );
  const spec = toSpec("stopped", { url });
  link.assign(spec);
  await link.message("started", ({ key }) => key.path === "stopped");
  await link.until("second request", () => (target.seen.length === 2 ? true : undefined));
  link.send({ kind: "stop", keys: [fromAttemptKey(spec.key)], reason: "test" });
  assert.equal((await link.outcome(spec.key)).kind, "cancelled");
  await link.until("broken connections", () => (target.broken() === 2 ? true : undefined));
});

test("[RUN-3] a freeze lets a request finish, and a request that has not begun waits", async (context) => {
  const link = await connect(context);
  const held = Promise.withResolvers<() => void>();
  const target = await openTarget(context, (_, response) => held.resolve(() => response.end("late")));
  const spec = toSpec("a", { url: `http://127.0.0.1:${target.port}/` }, { timeoutMs: 30_000 as Millis });
  link.assign(spec);
  const answer = await held.promise;
  link.send({ kind: "freeze", keys: [fromAttemptKey(spec.key)] });
  const waiting = toSpec("b", { url: `http://127.0.0.1:${target.port}/` });
  link.assign(waiting);
  link.send({ kind: "freeze", keys: [fromAttemptKey(waiting.key)] });
  await link.message("suspended", ({ keys }) => keys.some(({ path }) => path === "b"));
  answer();
  const outcome = await link.outcome(spec.key);
  assert.equal(outcome.kind === "success" ? outcome.result : outcome, "late");
  assert.deepEqual(
    link.all("suspended").flatMap(({ keys }) => keys.map(({ path }) => path)),
    ["b"],
  );
  assert.equal(target.seen.length, 1);
});

test("[FILE-3] a server whose certificate nobody vouches for is not asked anything", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const { keyPem, certificatePem } = await world.app.authority.clientCredential();
  const target = await openTarget(context, (_, response) => response.end("secret"), {
    tls: { key: keyPem, cert: certificatePem },
  });
  assert.match(
    String(await request(link, "a", { url: `https://127.0.0.1:${target.port}/` })),
    /^http: GET https:.* failed: fetch failed: .*(certificate|self-signed)/,
  );
  assert.deepEqual(target.seen, []);
});
