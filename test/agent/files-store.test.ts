import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ContentStore } from "#agent/files/store.ts";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import { makeFolder, silentLog } from "#test/support/agent-process.ts";

const app = "a".repeat(16) as AppId;
const other = "b".repeat(16) as AppId;
const [one, two] = ["r1", "r2"] as unknown as readonly [RunId, RunId];
const MIB = 2 ** 20;
const LIMIT = 4 * MIB;

function contentOf(mark: number, sizeBytes = MIB): Buffer {
  return Buffer.alloc(sizeBytes, mark);
}

function hashOf(bytes: Buffer): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}

interface World {
  readonly folder: string;
  readonly store: ContentStore;
  readonly gone: Sha256[];
  open(limitBytes?: number): Promise<ContentStore>;
}

async function makeStore(context: TestContext): Promise<World> {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const gone: Sha256[] = [];
  const open = async (limitBytes = LIMIT): Promise<ContentStore> => {
    const store = new ContentStore(join(folder.path, "store"), { limitBytes, log: silentLog });
    store.onGone = (_app, files) => void gone.push(...files);
    await store.open();
    return store;
  };
  return { folder: folder.path, store: await open(), gone, open };
}

/** As from the app, or from another agent: of no run yet. */
async function receive(store: ContentStore, bytes: Buffer, of = app): Promise<Sha256> {
  const sha256 = hashOf(bytes);
  const incoming = await store.receive(of, sha256, bytes.length);
  await incoming?.write(bytes);
  await incoming?.finish();
  return sha256;
}

/** As an attempt's output. */
async function keep({ store, folder }: World, run: RunId, bytes: Buffer): Promise<Sha256> {
  const path = join(folder, "output");
  await writeFile(path, bytes);
  return (await store.keep(app, run, path)).sha256;
}

async function held(store: ContentStore, files: readonly Sha256[]): Promise<boolean[]> {
  return Promise.all(files.map((sha256) => store.has(app, sha256)));
}

test("[FLEET-9] a full store lets go what was not used for longest, and tells of it", async (context) => {
  const { store, gone, folder } = await makeStore(context);
  const files: Sha256[] = [];
  for (const mark of [1, 2, 3, 4]) files.push(await receive(store, contentOf(mark)));
  await store.copyOut(app, files[0] ?? assert.fail(), join(folder, "copy"));
  files.push(await receive(store, contentOf(5)));
  assert.deepEqual(await held(store, files), [true, false, true, true, true]);
  assert.deepEqual(gone, [files[1]]);
  files.push(await receive(store, contentOf(6, 2 * MIB)));
  assert.deepEqual(await held(store, files), [true, false, false, false, true, true]);
  assert.equal(store.trouble(), null);
});

test("[FLEET-9] when a file was used last is known to the next process", async (context) => {
  const { store, folder, open } = await makeStore(context);
  const files: Sha256[] = [];
  for (const mark of [1, 2, 3]) files.push(await receive(store, contentOf(mark)));
  const [first = assert.fail(), second = assert.fail()] = files;
  const pathOf = (sha256: Sha256): string => join(folder, "store", app, sha256.slice(0, 2), sha256.slice(2));
  // Long ago, in the other order; then the first is used.
  for (const [index, sha256] of files.toReversed().entries())
    await utimes(pathOf(sha256), 1_000 + index, 1_000 + index);
  for await (const _ of store.read(app, first, 0));
  const again = await open();
  files.push(await receive(again, contentOf(4, 3 * MIB)));
  assert.deepEqual(await held(again, files), [true, false, false, true]);
  assert.equal(await again.has(app, second), false);
});

test("[FLEET-9] what a run needs stays until the run is over, also in the next process", async (context) => {
  const world = await makeStore(context);
  const needed = await keep(world, one, contentOf(1));
  const also = await keep(world, two, contentOf(2));
  const used = await receive(world.store, contentOf(3));
  world.store.use(app, one, [used]);
  const unknown = await receive(world.store, contentOf(4));
  // First what no run under way knows of, then what one has only used.
  await receive(world.store, contentOf(5));
  assert.deepEqual(await held(world.store, [needed, also, used, unknown]), [true, true, true, false]);
  await receive(world.store, contentOf(6, 2 * MIB));
  assert.deepEqual(await held(world.store, [needed, also, used]), [true, true, false]);

  await appendFile(join(world.folder, "store", "needs.jsonl"), '\n{"app":"half a li');
  const again = await world.open();
  assert.deepEqual(again.neededBy(app), [one, two]);
  await assert.rejects(receive(again, contentOf(7, 3 * MIB)), (error: Error & { code: string }) => {
    assert.equal(error.code, "disk-full");
    assert.match(error.message, /^its store is full: of 4\.0 MiB, 2\.0 MiB are needed by runs that are not over/);
    return true;
  });
  assert.match(again.trouble() ?? "", /its store is full/);
  assert.deepEqual(await held(again, [needed, also]), [true, true]);
  await again.release(app, two);
  await receive(again, contentOf(7, 3 * MIB));
  assert.deepEqual(await held(again, [needed, also]), [true, false]);
  assert.deepEqual((await world.open()).neededBy(app), [one]);
});

test("[FLEET-9] a store in which all must stay takes nothing in, says so, and is well again when a run is over", async (context) => {
  const world = await makeStore(context);
  for (const mark of [1, 2, 3, 4]) await keep(world, one, contentOf(mark));
  assert.match(world.store.trouble() ?? "", /store is full.*larger --store-limit/);
  await assert.rejects(receive(world.store, contentOf(5)), { code: "disk-full" });
  await world.store.release(app, one);
  await receive(world.store, contentOf(5));
  await receive(world.store, contentOf(6, 4 * MIB));
});

test("[FLEET-9] a file larger than the store is refused with the reason, and nothing goes for it", async (context) => {
  const { store, gone } = await makeStore(context);
  const small = await receive(store, contentOf(1));
  await assert.rejects(store.receive(app, "0".repeat(64) as Sha256, LIMIT + 1), {
    code: "too-large",
    message: /a file of 4\.0 MiB is larger than this agent's whole store of 4\.0 MiB: .* --store-limit/,
  });
  assert.deepEqual(gone, []);
  assert.equal(await store.has(app, small), true);
  assert.equal(store.trouble(), null);
});

test("[FLEET-9] what is being given, or waited for by an attempt, does not go", async (context) => {
  const { store } = await makeStore(context);
  const sent = await receive(store, contentOf(1, 2 * MIB));
  const awaited = await receive(store, contentOf(2));
  store.await(app, awaited);
  const reading = store.read(app, sent, 0);
  const first = await reading.next();
  assert.equal(first.done, false);
  await assert.rejects(receive(store, contentOf(3, 2 * MIB)), { code: "disk-full" });
  const release = store.hold(app, hashOf(contentOf(4)));
  const late = await receive(store, contentOf(4));
  await reading.return(undefined);
  await receive(store, contentOf(5, 2 * MIB));
  assert.deepEqual(await held(store, [sent, awaited, late]), [false, true, true]);
  release();
});

test("[FLEET-9] what a broken transfer left counts, goes first of all, and is gone on with if it is still there", async (context) => {
  const { store, folder, open } = await makeStore(context);
  const big = contentOf(1, 3 * MIB);
  const broken = await store.receive(app, hashOf(big), big.length);
  await broken?.write(big.subarray(0, 2 * MIB));
  await broken?.pause();
  const resumed = await store.receive(app, hashOf(big), big.length);
  assert.equal(resumed?.received, 2 * MIB);
  await resumed.pause();
  const again = await open();
  await receive(again, contentOf(2, 3 * MIB));
  assert.deepEqual(
    (await readdir(join(folder, "store", app))).filter((name) => name.startsWith("part-")),
    [],
  );
  const anew = await again.receive(app, hashOf(big), big.length);
  assert.equal(anew?.received, 0);
  await anew.write(big.subarray(0, MIB));
  await anew.pause();
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(folder, "store", app, `part-${hashOf(big)}`), twoDaysAgo, twoDaysAgo);
  const later = await (await open()).receive(app, hashOf(big), big.length);
  assert.equal(later?.received, 0, "nobody goes on with what broke off long ago");
  await later.pause();
});

test("[FLEET-9] what the disk has spoiled while the agent was down is not given out, but removed and told of", async (context) => {
  const { store, folder, gone, open } = await makeStore(context);
  const files: Sha256[] = [];
  for (const mark of [1, 2, 3, 4]) files.push(await receive(store, contentOf(mark, 1_000)));
  const [flipped, cut, sent, sound] = files as [Sha256, Sha256, Sha256, Sha256];
  for (const sha256 of [flipped, cut, sent]) {
    const path = join(folder, "store", app, sha256.slice(0, 2), sha256.slice(2));
    await rm(path);
    await writeFile(path, sha256 === cut ? contentOf(2, 999) : contentOf(9, 1_000));
  }
  const again = await open();
  const copy = join(folder, "copy");
  assert.deepEqual(
    [
      await again.copyOut(app, flipped, copy),
      await again.copyOut(app, cut, copy),
      await again.copyOut(app, sound, copy),
    ],
    [false, false, true],
  );
  assert.deepEqual(await readFile(copy), contentOf(4, 1_000));
  assert.notEqual(await again.receive(app, sent, 1_000), undefined, "it is asked for again");
  assert.deepEqual(gone, [flipped, cut, sent]);
  assert.deepEqual(await held(again, files), [false, false, false, true]);
});

test("[FLEET-9] apps share the room and nothing else", async (context) => {
  const { store } = await makeStore(context);
  const bytes = contentOf(1, 2 * MIB);
  const sha256 = await receive(store, bytes);
  assert.equal(await store.has(other, sha256), false);
  await receive(store, bytes, other);
  await receive(store, contentOf(2, 2 * MIB), other);
  assert.deepEqual([await store.has(app, sha256), await store.has(other, sha256)], [false, true]);
  await store.need(other, one, [sha256]);
  await store.removeApp(other);
  assert.equal(await store.has(other, sha256), false);
  assert.deepEqual(store.neededBy(other), []);
  await receive(store, contentOf(3, 4 * MIB));
});
