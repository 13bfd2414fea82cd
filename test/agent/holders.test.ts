import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { StoredAttemptFiles } from "#agent/files/attempt-files.ts";
import { ContentStore } from "#agent/files/store.ts";
import type { FileHolder } from "#core/model/attempt.ts";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { makeApp, makeFolder, silentLog } from "#test/support/agent-process.ts";

const never = new AbortController().signal;
const app = "a".repeat(16) as AppId;
const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex") as Sha256;
const wrong = Buffer.alloc(content.length, 7);

/** What a holder does with one request for the bytes from `offset` on. */
type Behaviour = (socket: TLSSocket, offset: number) => void;

interface Holder {
  readonly holder: FileHolder;
  /** The offsets it was asked for. */
  readonly asked: number[];
}

interface World {
  readonly folder: string;
  readonly store: ContentStore;
  hold(...behaviours: readonly [Behaviour, ...Behaviour[]]): Promise<Holder>;
  bring(holders: readonly Holder[], signal?: AbortSignal): Promise<Buffer>;
}

const sending = (sizeBytes: number): string => `${JSON.stringify({ kind: "sending", sizeBytes })}\n`;

/** Sends the bytes from the offset on, up to `end`, and closes. */
function sends(bytes: Buffer, end = bytes.length): Behaviour {
  return (socket, offset) => {
    socket.write(sending(bytes.length));
    socket.end(bytes.subarray(offset, end));
  };
}

function says(line: string): Behaviour {
  return (socket) => socket.end(line);
}

/** A store that fetches from holders that do as they are told, the last of what they were told again and again. */
async function makeWorld(context: TestContext): Promise<World> {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const credential = await (await makeApp(join(folder.path, "app"))).authority.clientCredential();
  const store = new ContentStore(join(folder.path, "store"), { log: silentLog });
  const files = new StoredAttemptFiles({ store, tlsOf: () => () => ({ rejectUnauthorized: false }), paceMs: 50 });
  let count = 0;
  return {
    folder: folder.path,
    store,
    async hold(...behaviours) {
      const asked: number[] = [];
      const sockets = new Set<TLSSocket>();
      const { keyPem: key, certificatePem: cert } = credential;
      const server = createServer({ key, cert, ALPNProtocols: [FILES_PROTOCOL] }, (socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.once("data", (line: Buffer) => {
          const { offset } = JSON.parse(line.toString("utf8")) as { offset: number };
          const behaviour = behaviours[Math.min(asked.length, behaviours.length - 1)] ?? behaviours[0];
          asked.push(offset);
          behaviour(socket, offset);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      context.after(() => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
      count += 1;
      const agent = String(count).repeat(16) as AgentId;
      const { port } = server.address() as AddressInfo;
      return { asked, holder: { agent, fingerprint: "", addresses: ["127.0.0.1"], port } };
    },
    async bring(holders, signal = never) {
      const to = join(folder.path, "brought");
      const file = { name: "f", sha256, sizeBytes: content.length, holders: holders.map(({ holder }) => holder) };
      await files.bring(app, file, to, signal);
      return readFile(to);
    },
  };
}

test("[FLEET-9] a holder that sends other bytes does not keep the file from coming from the next", async (context) => {
  const world = await makeWorld(context);
  const bad = await world.hold(sends(wrong));
  const good = await world.hold(sends(content));
  assert.deepEqual(await world.bring([bad, good]), content);
  assert.deepEqual([bad.asked, good.asked], [[0], [0]]);
});

test("[FLEET-9] bytes of several holders that do not fit together are fetched anew from one", async (context) => {
  const world = await makeWorld(context);
  const bad = await world.hold(sends(wrong, 1_000));
  const good = await world.hold(sends(content));
  assert.deepEqual(await world.bring([bad, good]), content);
  assert.deepEqual(good.asked, [1_000, 0]);
});

test("[FLEET-9] what broke off at one holder goes on at the next, and at the same one if it has no other", async (context) => {
  const world = await makeWorld(context);
  const first = await world.hold(sends(content, 100_000), sends(content, 200_000), sends(content));
  assert.deepEqual(await world.bring([first]), content);
  assert.deepEqual(first.asked, [0, 100_000, 200_000]);

  const next = await makeWorld(context);
  const broken = await next.hold(sends(content, 100_000));
  const good = await next.hold(sends(content));
  assert.deepEqual(await next.bring([broken, good]), content);
  assert.deepEqual([broken.asked, good.asked], [[0], [100_000]]);
});

test("[FLEET-9] a holder alone may break off as well, after others have spoilt what came first", async (context) => {
  const world = await makeWorld(context);
  const bad = await world.hold(sends(wrong, 1_000));
  const good = await world.hold(sends(content), sends(content, 50_000), sends(content));
  assert.deepEqual(await world.bring([bad, good]), content);
  assert.deepEqual(good.asked, [1_000, 0, 50_000]);
});

test("[FLEET-9] wrong bytes left by an earlier transfer do not spoil the next", async (context) => {
  for (const left of [wrong.subarray(0, 5_000), wrong]) {
    const world = await makeWorld(context);
    await mkdir(join(world.folder, "store", app), { recursive: true });
    await writeFile(join(world.folder, "store", app, `part-${sha256}`), left);
    const good = await world.hold(sends(content));
    assert.deepEqual(await world.bring([good]), content);
    assert.deepEqual(good.asked, [left.length, 0]);
  }
});

test("[FLEET-9] refusals, nonsense, another size and a closed door lead to the next holder", async (context) => {
  const world = await makeWorld(context);
  const holders = await Promise.all([
    world.hold(says('{"kind":"refused","code":"missing","message":"not here"}\n')),
    world.hold(says('{"kind":"refused","code":"disk-full","message":"full"}\n')),
    world.hold(says("\0\0\n")),
    world.hold(says("")),
    world.hold(says(sending(1))),
    world.hold(sends(content)),
  ]);
  const [first] = holders;
  assert.ok(first);
  const closed = { ...first, holder: { ...first.holder, port: 1 } };
  assert.deepEqual(await world.bring([closed, ...holders]), content);
});

test("[FLEET-9] when no holder sends the right bytes, each is named with what was wrong, and nothing of theirs is kept", async (context) => {
  const world = await makeWorld(context);
  const bad = await world.hold(sends(wrong));
  const half = await world.hold(sends(wrong, 10));
  await assert.rejects(world.bring([bad, half]), (error: Error) => {
    assert.match(error.message, /"f" could not be fetched/);
    assert.match(error.message, /agent 1{16}: .*other bytes/);
    assert.match(error.message, /agent 2{16}: /);
    return true;
  });
  const worse = await world.hold(sends(Buffer.alloc(content.length, 9)));
  await assert.rejects(world.bring([bad, worse]), /agent 1{16}: .*other bytes.*agent 3{16}: .*other bytes/);
  const left = (await readdir(join(world.folder, "store", app))).filter((name) => name.startsWith("part-"));
  assert.deepEqual(left, []);
  const good = await world.hold(sends(content));
  assert.deepEqual(await world.bring([good]), content);
});

test("[FLEET-9] a cancelled attempt does not wait for its files, whoever fetches them", async (context) => {
  const world = await makeWorld(context);
  const begun = Promise.withResolvers<void>();
  const slow = await world.hold((socket) => {
    socket.write(sending(content.length));
    socket.write(content.subarray(0, 10));
    begun.resolve();
  });
  const fetching = new AbortController();
  const waiting = new AbortController();
  const first = assert.rejects(world.bring([slow], fetching.signal), /cancelled/);
  await begun.promise;
  const second = assert.rejects(world.bring([slow], waiting.signal), /cancelled/);
  waiting.abort();
  await second;
  fetching.abort();
  await first;
  assert.deepEqual(slow.asked, [0]);
  await assert.rejects(world.bring([slow], AbortSignal.abort()), /cancelled/);
  assert.deepEqual(slow.asked, [0]);
});

test("[FLEET-9] a file that the app is putting here already is waited for", async (context) => {
  const world = await makeWorld(context);
  const holder = await world.hold(says(""));
  const incoming = await world.store.receive(app, sha256, content.length);
  assert.ok(incoming);
  const brought = world.bring([holder]);
  await incoming.write(content);
  await incoming.finish();
  assert.deepEqual(await brought, content);
  assert.deepEqual(holder.asked, []);
});

test("[FLEET-9] a holder that sends a byte now and then is left for one that sends", async (context) => {
  const world = await makeWorld(context);
  const slow = await world.hold((socket) => {
    socket.write(sending(content.length));
    let at = 0;
    const drip = setInterval(() => socket.write(content.subarray(at, (at += 1))), 5);
    socket.on("close", () => clearInterval(drip));
  });
  const good = await world.hold(sends(content));
  assert.deepEqual(await world.bring([slow, good]), content);
  assert.ok((good.asked[0] ?? 0) > 0, `it was asked for all from ${good.asked.join(" ")}`);
});
