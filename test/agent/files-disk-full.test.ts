import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Sha256 } from "#core/model/id.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { type AgentProcess, makeApp, startAgentProcess, type TestApp } from "#test/support/agent-process.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { FileDoor } from "#test/support/file-door.ts";
import { noSmallDisk, SmallDisk } from "#test/support/small-disk.ts";

const skip = noSmallDisk;
const never = new AbortController().signal;
const DISK_MIB = 24;
const FLAGS = ["--keep-free", "0", "--store-limit", "20MiB"];

interface World {
  readonly disk: SmallDisk;
  readonly app: TestApp;
  readonly data: string;
  agent: AgentProcess;
  connect(): Promise<TestLink>;
}

/** An agent whose folder is on a small disk of its own, of which it leaves nothing free by itself. */
async function makeDiskWorld(context: TestContext): Promise<World> {
  const disk = new SmallDisk(DISK_MIB);
  const data = join(disk.folder, "agent");
  const links: TestLink[] = [];
  const world = { disk, data } as { -readonly [Key in keyof World]: World[Key] };
  context.after(async () => {
    for (const link of links) link.close();
    await world.agent.end("SIGTERM");
    disk.dispose();
  });
  world.agent = await startAgentProcess(data, ...FLAGS);
  world.app = await makeApp(join(disk.beside, "app"));
  await world.app.pair(world.agent);
  world.connect = async () => {
    const link = new TestLink(world.app.links, world.agent.target);
    links.push(link);
    await link.hello(world.app.authority.app);
    return link;
  };
  return world;
}

const isWell = (message: { readonly trouble: string | null }): boolean => message.trouble === null;
const isFull = (message: { readonly trouble: string | null }): boolean => /disk is full/.test(message.trouble ?? "");

/** The next heartbeat of the kind, from now on. */
async function heartbeat(link: TestLink, fits: typeof isWell): Promise<void> {
  const before = link.all("heartbeat").length;
  await link.until("heartbeat", () => link.all("heartbeat").slice(before).find(fits));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}

test(
  "[FLEET-9] a disk that is full while a file comes: refused, nothing left of it, told, and well again by itself",
  { skip },
  async (context) => {
    const world = await makeDiskWorld(context);
    const link = await world.connect();
    const bytes = randomBytes(6 * 2 ** 20);
    const sha256 = createHash("sha256").update(bytes).digest("hex") as Sha256;
    const door = await FileDoor.open(world.app, world.agent.target);
    context.after(() => door.close());
    assert.deepEqual(await door.ask({ kind: "put", sha256, sizeBytes: bytes.length }), { kind: "send", offset: 0 });
    world.disk.fill();
    const refusal = await door.ask(bytes);
    assert.deepEqual([refusal["kind"], refusal["code"]], ["refused", "disk-full"]);
    await heartbeat(link, isFull);
    assert.deepEqual(
      filesBelow(join(world.data, "store")).filter((name) => name.includes("part-")),
      [],
    );
    // The same again, before there is room: refused at once.
    const again = await FileDoor.open(world.app, world.agent.target);
    const second = await again.ask({ kind: "put", sha256, sizeBytes: bytes.length });
    assert.equal(second["code"], "disk-full");
    assert.match(String(second["message"]), /its disk is full: a file of 6\.0 MiB does not fit/);
    again.close();
    world.disk.free();
    await heartbeat(link, isWell);
    const folder = join(world.disk.beside, "workflow");
    mkdirSync(folder);
    writeFileSync(join(folder, "a"), bytes);
    await world.app.files.put(world.agent.target, folder, { name: "a", sha256, sizeBytes: bytes.length }, never);
  },
);

test(
  "[FLEET-9] [FLEET-10] a disk that is full while an attempt prints ends that attempt as one for another machine, and no other",
  { skip },
  async (context) => {
    const world = await makeDiskWorld(context);
    const link = await world.connect();
    link.takeOutput();
    const [go, end] = ["go", "end"].map((name) => join(world.disk.beside, name));
    const waitFor = (file: string | undefined): string => `while [ ! -e ${file ?? ""} ]; do sleep 0.05; done`;
    link.assign(specOf("quiet", `${waitFor(end)}; echo fine`));
    link.assign(specOf("loud", `${waitFor(go)}; yes | head -c 3000000`));
    await link.message("started", ({ key }) => key.path === "loud");
    await link.message("started", ({ key }) => key.path === "quiet");
    world.disk.fill();
    writeFileSync(go ?? "", "");
    const loud = await link.outcome(keyOf("loud"));
    assert.deepEqual(
      [loud.kind, loud.kind === "failure" && loud.failure.code],
      ["failure", "disk-full"],
      JSON.stringify(loud),
    );
    assert.match(
      loud.kind === "failure" ? loud.failure.message : "",
      /output of the attempt could not be kept.*ENOSPC/,
    );
    // Why comes before what.
    const kinds = link.received.map((message) =>
      message.kind === "heartbeat" && isFull(message) ? "full" : message.kind,
    );
    assert.ok(kinds.indexOf("full") >= 0 && kinds.indexOf("full") < kinds.indexOf("ended"), kinds.join(" "));
    world.disk.free();
    await heartbeat(link, isWell);
    writeFileSync(end ?? "", "");
    const quiet = await link.outcome(keyOf("quiet"));
    assert.equal(quiet.kind === "success" ? quiet.result : JSON.stringify(quiet), "fine");
  },
);

test(
  "[RUN-8] an outcome that the disk has no room for is told, and durable as soon as there is room",
  { skip },
  async (context) => {
    const world = await makeDiskWorld(context);
    const link = await world.connect();
    const end = join(world.disk.beside, "end");
    link.assign(specOf("a", `while [ ! -e ${end} ]; do sleep 0.05; done`, { result: "none" }));
    await link.message("started");
    world.disk.fill();
    writeFileSync(end, "");
    assert.equal((await link.outcome(keyOf("a"))).kind, "success");
    assert.deepEqual(readdirSync(join(world.data, "outbox")), []);
    world.disk.free();
    await link.until("outcome on the disk", () =>
      readdirSync(join(world.data, "outbox")).find((name) => name.endsWith(".json")),
    );
    await world.agent.end("SIGKILL");
    world.agent = await startAgentProcess(world.data, ...FLAGS);
    assert.equal((await (await world.connect()).outcome(keyOf("a"))).kind, "success");
  },
);

test(
  "[FLEET-9] [FAULT-5] an output, or an input, that the disk has no room for makes the attempt one for another machine",
  { skip },
  async (context) => {
    const world = await makeDiskWorld(context);
    const link = await world.connect();
    link.assign(specOf("out", "head -c 14000000 /dev/zero > out.bin", { filesOut: ["out.bin"] }));
    const outcome = await link.outcome(keyOf("out"));
    const told = outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.kind;
    assert.match(
      told,
      /^disk-full: the output file "out\.bin" cannot be taken: its disk is full: a file of 13\.4 MiB does not fit/,
    );
    assert.deepEqual(
      filesBelow(join(world.data, "store")).filter((name) => name.includes("keep-")),
      [],
    );
    link.send({ kind: "settled", keys: [{ ...keyOf("out") }], verdict: "discarded" });
    const folder = join(world.disk.beside, "workflow");
    mkdirSync(folder);
    writeFileSync(join(folder, "a"), Buffer.alloc(14_000_000, 1));
    await heartbeat(link, isWell);
    const [file = assert.fail()] = await world.app.files.find(folder, "a");
    await world.app.files.put(world.agent.target, folder, file, never);
    // In the store it has room, but not beside it as well.
    link.assign(specOf("in", "true", { filesIn: [{ ...file, holders: [] }] }));
    const second = await link.outcome(keyOf("in"));
    assert.equal(second.kind === "failure" ? second.failure.code : second.kind, "disk-full");
    assert.equal(link.closedWith, undefined);
  },
);

test("[FLEET-9] less free than is to stay free: nothing is taken, and the app is told why", async (context) => {
  const world = await makeWorld(context, "--keep-free", "1000TiB");
  const link = await world.connect();
  const beat = await link.message("heartbeat", ({ trouble }) => trouble !== null);
  assert.match(beat.trouble ?? "", /is nearly full/);
  const door = await FileDoor.open(world.app, world.agent.target);
  context.after(() => door.close());
  const refusal = await door.ask({ kind: "put", sha256: "1".repeat(64), sizeBytes: 1 });
  assert.equal(refusal["code"], "disk-full");
});

test("[FLEET-9] a store that is full of what runs need: nothing is taken, and the app is told why until a run is over", async (context) => {
  const world = await makeWorld(context, "--store-limit", "1MiB");
  const link = await world.connect(undefined, 2);
  const make = specOf("make", "head -c 1048576 /dev/zero > out", { filesOut: ["out"] });
  link.assign(make);
  assert.equal((await link.outcome(make.key)).kind, "success");
  const beat = await link.message("heartbeat", ({ trouble }) => trouble !== null);
  assert.match(beat.trouble ?? "", /its store is full.*--store-limit/);
  const more = specOf("more", "echo x > out", { filesOut: ["out"] });
  link.assign(more);
  const outcome = await link.outcome(more.key);
  assert.equal(outcome.kind === "failure" ? outcome.failure.code : outcome.kind, "disk-full");
  const large = specOf("large", "head -c 1048577 /dev/zero > out", { filesOut: ["out"] });
  link.assign(large);
  const refused = await link.outcome(large.key);
  assert.match(JSON.stringify(refused), /"files".*larger than this agent's whole store of 1\.0 MiB/);
  link.send({ kind: "runs-over", runs: [make.key.run] });
  await heartbeat(link, isWell);
  const again = specOf("again", "echo x > out", { filesOut: ["out"] });
  link.assign(again);
  assert.equal((await link.outcome(again.key)).kind, "success");
  const gone = await link.message("files-gone");
  assert.equal(gone.files.length, 1);
});
