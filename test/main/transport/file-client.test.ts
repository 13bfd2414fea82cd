import assert from "node:assert/strict";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import type { AgentId } from "#core/model/id.ts";
import { isOfWorkflow } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { FileClient } from "#main/transport/file-client.ts";
import { toLocalError } from "#main/transport/file-desk-error.ts";
import { FileFetch } from "#main/transport/file-fetch.ts";
import {
  type Behaviour,
  CONTENT,
  damaged,
  type FakeAgent,
  fakeAgent,
  fetchFrom,
  giving,
  makeClient,
  makeFolder,
  never,
  refusing,
  say,
  SHA256,
  troubleOf,
} from "./fake-holders.ts";

const BAD: Readonly<Record<string, Behaviour>> = {
  "sends wrong bytes": giving(damaged(100_000)),
  "sends wrong bytes and ends early": giving(damaged(10), 200_000),
  "sends too little": giving(CONTENT, 100_000),
  "says it has another file": (_request, socket) => say(socket, { kind: "sending", sizeBytes: 3 }),
  "has no such file": refusing("missing"),
  "answers what is not of the protocol": (_request, socket) => socket.end("hello\n"),
  "closes at once": (_request, socket) => socket.destroy(),
};

for (const [what, behaviour] of Object.entries(BAD))
  test(`[FLEET-9] a holder that ${what} does not keep the file of another from coming`, async (context) => {
    const folder = await makeFolder(context);
    const bad = await fakeAgent(context, "bad", behaviour);
    const good = await fakeAgent(context, "good", giving(CONTENT));
    assert.deepEqual(await fetchFrom(folder, [bad, good]), CONTENT);
    assert.deepEqual(await fetchFrom(folder, [good, bad]), CONTENT);
    assert.deepEqual(await readdir(join(folder, "home")), ["file.bin"]);
  });

test("[FLEET-9] one good holder among several bad ones is enough, wherever it stands", async (context) => {
  const folder = await makeFolder(context);
  const good = await fakeAgent(context, "good", giving(CONTENT));
  const bad = await Promise.all(
    Object.entries(BAD).map(([what, behaviour]) => fakeAgent(context, what.replaceAll(" ", "-"), behaviour)),
  );
  for (let at = 0; at <= bad.length; at += 1)
    assert.deepEqual(await fetchFrom(folder, bad.toSpliced(at, 0, good)), CONTENT);
});

test("[FLEET-9] what one holder has sent is gone on with at the next", async (context) => {
  const folder = await makeFolder(context);
  const first = await fakeAgent(context, "first", giving(CONTENT, 100_000));
  const second = await fakeAgent(context, "second", giving(CONTENT));
  assert.deepEqual(await fetchFrom(folder, [first, second]), CONTENT);
  assert.deepEqual(second.requests, [{ kind: "get", sha256: SHA256, offset: 100_000 }]);
});

test("[FLEET-9] a holder that sends a byte now and then does not keep the file of another from coming", async (context) => {
  const folder = await makeFolder(context);
  const drop = (socket: TLSSocket): void =>
    void socket.write("x", () => setTimeout(() => (socket.destroyed ? undefined : drop(socket)), 2));
  const slow = await fakeAgent(context, "slow", (_request, socket) => {
    say(socket, { kind: "sending", sizeBytes: CONTENT.length });
    drop(socket);
  });
  const good = await fakeAgent(context, "good", giving(CONTENT));
  const path = join(folder, "file.bin");
  const file = await open(path, "wx");
  context.after(() => file.close());
  const content = { sha256: SHA256, sizeBytes: CONTENT.length };
  const tls = (): Promise<object> => Promise.resolve({ rejectUnauthorized: false });
  await new FileFetch(tls, file, content, never, 20).from([slow.target, good.target]);
  assert.deepEqual(await readFile(path), CONTENT);
});

test("[FLEET-9] an error names every holder that was asked and what was wrong with it", async (context) => {
  const folder = await makeFolder(context);
  const empty = await fakeAgent(context, "empty", refusing("missing"));
  const liar = await fakeAgent(context, "liar", giving(damaged(5)));
  const gone: FakeAgent = {
    target: { ...empty.target, id: "gone" as AgentId, addresses: ["127.0.0.9"] },
    requests: [],
  };
  const all = await troubleOf(fetchFrom(folder, [empty, gone, liar]));
  assert.equal(all.code, "unreachable");
  assert.match(
    all.message,
    /agent empty: it is missing; agent gone cannot be reached.*127\.0\.0\.9.*; agent liar sent/,
  );
  assert.equal((await troubleOf(fetchFrom(folder, [empty]))).code, "missing");
  assert.equal((await troubleOf(fetchFrom(folder, [empty, liar]))).code, "corrupt");
  const nobody = await troubleOf(fetchFrom(folder, []));
  assert.equal(nobody.code, "missing");
  assert.match(nobody.message, /no agent is known to have it/);
  assert.deepEqual(await readdir(join(folder, "home")), []);
});

test("[FLEET-9] a transfer that is cancelled says so, also while it connects", async (context) => {
  const folder = await makeFolder(context);
  const abort = new AbortController();
  const mute = await fakeAgent(context, "mute", () => abort.abort());
  const fetched = makeClient().fetch([mute.target], SHA256, 9, join(folder, "x"), abort.signal);
  assert.equal((await troubleOf(fetched)).code, "cancelled");
  const early = makeClient().fetch([mute.target], SHA256, 9, join(folder, "x"), abort.signal);
  assert.equal((await troubleOf(early)).code, "cancelled");
});

test("[FLEET-9] [FAULT-5] trouble of the workflow can be told from trouble of an agent", async (context) => {
  const folder = await makeFolder(context);
  await writeFile(join(folder, "a.txt"), "0123456789");
  const client = makeClient();
  const [file] = await client.find(folder, "a.txt");
  assert.ok(file !== undefined);
  const put = async (behave: Behaviour): Promise<string> => {
    const { target } = await fakeAgent(context, "x", behave);
    return (await troubleOf(client.put(target, folder, file, never))).code;
  };
  const taking =
    (code: string): Behaviour =>
    (_request, socket) => {
      say(socket, { kind: "send", offset: 0 });
      socket.once("data", () => refusing(code)(_request, socket));
    };
  const codes: [string, boolean][] = [];
  const note = (code: string): void => void codes.push([code, isOfWorkflow(code)]);
  note((await troubleOf(client.find(folder, "*.png"))).code);
  note((await troubleOf(client.find(folder, "../*"))).code);
  note((await troubleOf(client.find(join(folder, "nowhere"), "*"))).code);
  note((await troubleOf(client.find(join(folder, "a.txt"), "*"))).code);
  note(await put(taking("disk-full")));
  note(await put(taking("corrupt")));
  note(await put(refusing("no-match")));
  note(await put((_request, socket) => socket.destroy()));
  await writeFile(join(folder, "a.txt"), "9876543210");
  note(await put(taking("corrupt")));
  await rm(join(folder, "a.txt"));
  note(await put(taking("corrupt")));
  note((await troubleOf(client.put(fakeTarget, join(folder, "nowhere"), file, never))).code);
  assert.deepEqual(codes, [
    ["no-match", true],
    ["not-allowed", true],
    ["no-folder", true],
    ["no-folder", true],
    ["disk-full", false],
    // The file is what it was: the agent is wrong about it.
    ["corrupt", false],
    // An agent's own words are not taken for the desk's.
    ["failed", false],
    ["failed", false],
    ["changed", true],
    ["changed", true],
    ["no-folder", true],
  ]);
});

const fakeTarget: LinkTarget = {
  id: "x" as AgentId,
  fingerprint: "0".repeat(64),
  addresses: [],
  port: 1,
  linkPort: 1,
};

test("[FLEET-9] trouble with a folder of this machine has codes of its own", async (context) => {
  const folder = await makeFolder(context);
  const good = await fakeAgent(context, "good", giving(CONTENT));
  const fetchTo = async (to: string): Promise<string> =>
    (await troubleOf(makeClient().fetch([good.target], SHA256, CONTENT.length, to, never))).code;
  await writeFile(join(folder, "plain"), "");
  await mkdir(join(folder, "taken"));
  assert.equal(await fetchTo(join(folder, "plain", "x")), "no-folder");
  assert.equal(await fetchTo(join(folder, "taken")), "not-allowed");
  assert.deepEqual((await readdir(folder)).sort(), ["plain", "taken"]);
  const codeOf = (errno: string): string =>
    toLocalError(Object.assign(new Error(errno), { code: errno }), "x", "changed").code;
  assert.deepEqual(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOENT", "EIO"].map(codeOf), [
    "no-permission",
    "no-permission",
    "no-permission",
    "no-space",
    "no-space",
    "changed",
    "local",
  ]);
  assert.deepEqual(["no-permission", "no-space", "local", "unheard-of"].map(isOfWorkflow), [true, true, false, false]);
});

test("[FLEET-9] one content goes to one agent once at a time", async (context) => {
  const folder = await makeFolder(context);
  await writeFile(join(folder, "a.txt"), "same");
  await writeFile(join(folder, "b.txt"), "same");
  let now = 0;
  let most = 0;
  let isStored = false;
  const agent = await fakeAgent(context, "agent", (_request, socket) => {
    if (isStored) {
      say(socket, { kind: "stored" });
      return;
    }
    most = Math.max(most, ++now);
    say(socket, { kind: "send", offset: 0 });
    socket.once("data", () => {
      now -= 1;
      isStored = true;
      say(socket, { kind: "stored" });
    });
  });
  const client = makeClient();
  const files = await client.find(folder, "*.txt");
  await Promise.all([...files, ...files].map((file) => client.put(agent.target, folder, file, never)));
  assert.deepEqual([most, agent.requests.length], [1, 4]);
});

test("[FLEET-9] a file is passed on from one agent to another that cannot reach it, and nothing of it stays", async (context) => {
  const relayFolder = join(await makeFolder(context), "relay");
  await mkdir(relayFolder);
  await writeFile(join(relayFolder, "of an app that was killed"), "");
  const holder = await fakeAgent(context, "holder", giving(CONTENT));
  const taken: Buffer[] = [];
  const receiver = await fakeAgent(context, "receiver", (_request, socket) => {
    say(socket, { kind: "send", offset: 0 });
    socket.on("data", (chunk) => {
      taken.push(chunk);
      if (Buffer.concat(taken).length === CONTENT.length) say(socket, { kind: "stored" });
    });
  });
  const client = new FileClient({ tls: () => Promise.resolve({ rejectUnauthorized: false }), relayFolder });
  const file = { name: "deep/文件", sha256: SHA256, sizeBytes: CONTENT.length };
  await client.relay([holder.target], receiver.target, file, never);
  assert.deepEqual(Buffer.concat(taken), CONTENT);
  assert.deepEqual(await readdir(relayFolder), []);
  const gone = await fakeAgent(context, "gone", refusing("missing"));
  assert.equal((await troubleOf(client.relay([gone.target], receiver.target, file, never))).code, "missing");
  assert.deepEqual(await readdir(relayFolder), []);
});
