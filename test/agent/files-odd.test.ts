import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { FileHolder, InputFile } from "#core/model/attempt.ts";
import type { FileRef } from "#core/model/run.ts";
import { specOf } from "#test/support/agent-link.ts";
import type { AgentProcess } from "#test/support/agent-process.ts";
import { makeWorld } from "#test/support/agent-world.ts";

const never = new AbortController().signal;
const skipHere = process.platform === "win32" ? "names and kinds of files that Windows does not have" : false;

const NAMES = [
  " begins and ends with a space ",
  `it's "quoted"`,
  "new\nline",
  "tab\tulator",
  "-rf",
  "--",
  "漢字.txt",
  "😀👩‍👩‍👧",
  "e\u0301 is not \u00e9",
  "\u00e9 is not e\u0301",
  "Case",
  "case",
  "*?[a]{b,c}!(d)",
  "$HOME `id` ; rm x & #",
  "~",
  "x".repeat(255),
  `${"deep/".repeat(60)}file`,
  "prototype/__proto__",
];

function holdersOf({ target }: AgentProcess): readonly FileHolder[] {
  return [{ agent: target.id, fingerprint: target.fingerprint, addresses: target.addresses, port: target.port }];
}

test(
  "[FLEET-9] names of every kind go from the app to an agent, to another one, and home again",
  { skip: skipHere },
  async (context) => {
    const world = await makeWorld(context);
    const second = await world.addAgent("second");
    const folder = join(world.folder, "workflow");
    for (const name of NAMES) {
      mkdirSync(dirname(join(folder, "in", name)), { recursive: true });
      writeFileSync(join(folder, "in", name), `content of ${name}`);
    }
    // `**` knows no newlines.
    const found = [...(await world.app.files.find(folder, "in/*")), ...(await world.app.files.find(folder, "in/*/**"))];
    assert.deepEqual(found.map(({ name }) => name).sort(), NAMES.map((name) => `in/${name}`).sort());
    for (const file of found) await world.app.files.put(world.agent.target, folder, file, never);
    const first = await world.connect();
    const copy = specOf("copy", 'cp -R in out; printf "%s" "$(find out -type f -print0 | tr -cd "\\0" | wc -c)"', {
      filesIn: found.map((file): InputFile => ({ ...file, holders: [] })),
      filesOut: ["out/*", "out/*/**"],
    });
    first.assign(copy);
    const copied = await first.outcome(copy.key);
    assert.equal(copied.kind, "success", JSON.stringify(copied).slice(0, 2_000));
    const files: readonly FileRef[] = copied.kind === "success" ? copied.files : [];
    assert.deepEqual(
      files.map(({ name }) => name),
      NAMES.map((name) => `out/${name}`).sort(),
    );

    const other = await world.connect(second);
    const check = specOf("check", "find out -type f -print0 | tr -cd '\\0' | wc -c | tr -d ' '", {
      filesIn: files.map((file): InputFile => ({ ...file, holders: holdersOf(world.agent) })),
    });
    other.assign(check);
    const checked = await other.outcome(check.key);
    assert.equal(checked.kind === "success" ? checked.result : JSON.stringify(checked), String(NAMES.length));
    for (const { name, sha256, sizeBytes } of files.slice(0, 8)) {
      const to = join(world.folder, "home", name);
      await world.app.files.fetch([second.target], sha256, sizeBytes, to, never);
      assert.equal(readFileSync(to, "utf8"), `content of ${name.slice("out/".length)}`);
    }
  },
);

test("[FLEET-9] files with holes, without a byte, and many of them", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const folder = join(world.folder, "workflow");
  mkdirSync(folder);
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "holes"), "begin");
  truncateSync(join(folder, "holes"), 20 * 2 ** 20);
  const found = await world.app.files.find(folder, "*");
  for (const file of found) await world.app.files.put(world.agent.target, folder, file, never);
  const many = specOf("many", "wc -c < holes; wc -c < empty; mkdir d; for i in $(seq 1 500); do echo $i > d/$i; done", {
    filesIn: found.map((file): InputFile => ({ ...file, holders: [] })),
    filesOut: ["d/*", "holes", "empty"],
    result: "lines",
  });
  link.assign(many);
  const outcome = await link.outcome(many.key);
  assert.equal(outcome.kind, "success", JSON.stringify(outcome).slice(0, 2_000));
  if (outcome.kind !== "success") return;
  assert.deepEqual(outcome.result, [String(20 * 2 ** 20), "0"]);
  assert.equal(outcome.files.length, 502);
  assert.deepEqual(
    outcome.files.filter(({ name }) => !name.startsWith("d/")),
    found,
  );
});

test("[FLEET-9] what is no file is not taken, and does not make anybody wait", { skip: skipHere }, async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["mkfifo pipe", "pipe", /^files: .*"pipe".*"pipe" is no regular file/],
    ["mkfifo pipe; touch x", "**", /^success x$/],
    ["ln -s /etc/passwd link", "link", /^files: .*"link" is a link, and links are not taken/],
    ["touch x; ln -s x link", "*", /^success x$/],
    ["mkdir d; touch d/x", "d", /^files: .*"d" is a folder; "d\/\*\*" names what is in it/],
    ["mkdir d; touch d/x; ln -s d e; ln -s . f", "**", /^success d\/x$/],
    ["ln -s / root", "root/etc/passwd", /^files: .*link leads out/],
    ["ln -s /dev/zero zero", "zero", /^files: .*"zero" is a link/],
  ];
  for (const [index, [script, pattern, expected]] of cases.entries()) {
    const spec = specOf(`n${index}`, script, { filesOut: [pattern] });
    link.assign(spec);
    const outcome = await link.outcome(spec.key);
    const told =
      outcome.kind === "success"
        ? `success ${outcome.files.map(({ name }) => name).join(" ")}`
        : outcome.kind === "failure"
          ? `${outcome.failure.code}: ${outcome.failure.message}`
          : outcome.kind;
    assert.match(told, expected, script);
  }
});

test(
  "[FLEET-9] in the workflow's folder, what is no file is refused with a reason, and no link is followed out of it",
  { skip: skipHere },
  async (context) => {
    const world = await makeWorld(context);
    const { files } = world.app;
    const folder = join(world.folder, "workflow");
    const outside = join(world.folder, "outside");
    for (const path of [join(folder, "d"), outside]) mkdirSync(path, { recursive: true });
    for (const path of [join(folder, "d", "x"), join(outside, "secret")]) writeFileSync(path, "x");
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const server = createServer().listen(join(folder, "socket"));
    context.after(() => server.close());
    symlinkSync("d/x", join(folder, "inside"));
    symlinkSync(".", join(folder, "d", "round"));
    await assert.rejects(files.find(folder, "pipe"), { code: "no-match", message: /"pipe" is no regular file/ });
    await assert.rejects(files.find(folder, "socket"), { code: "no-match", message: /"socket" is no regular file/ });
    await assert.rejects(files.find(folder, "d"), { code: "no-match", message: /"d" is a folder; "d\/\*\*"/ });
    await assert.rejects(files.find(folder, "a\0b"), { code: "not-allowed", message: /control characters/ });
    assert.deepEqual(
      (await files.find(folder, "**")).map(({ name }) => name),
      ["d/round/x", "d/x", "inside"],
    );
    symlinkSync("pipe", join(folder, "to-pipe"));
    await assert.rejects(files.find(folder, "to-*"), { code: "not-allowed", message: /"to-pipe" is no regular file/ });
    symlinkSync(outside, join(folder, "away"));
    symlinkSync("/", join(folder, "far"));
    for (const pattern of ["away/**", "away/secret", "far", "f*"])
      await assert.rejects(
        files.find(folder, pattern),
        { code: "not-allowed", message: /a link leads there/ },
        pattern,
      );
  },
);

test(
  "[FLEET-9] a file that is written to while it is read is refused, and so is one that grows for ever",
  { skip: skipHere },
  async (context) => {
    const world = await makeWorld(context);
    const link = await world.connect();
    const folder = join(world.folder, "workflow");
    mkdirSync(folder);
    writeFileSync(join(folder, "grows"), Buffer.alloc(32 * 2 ** 20));
    let isOver = false;
    const finding = assert.rejects(world.app.files.find(folder, "grows"), {
      code: "changed",
      message: /changed while it was read/,
    });
    finding.finally(() => (isOver = true)).catch(() => undefined);
    while (!isOver) {
      writeFileSync(join(folder, "grows"), "more", { flag: "a" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await finding;
    // The same on an agent: a name for a file that somebody outside writes to.
    const log = join(world.folder, "log");
    writeFileSync(log, Buffer.alloc(32 * 2 ** 20));
    const spec = specOf("log", `ln ${log} log`, { filesOut: ["log"] });
    link.assign(spec);
    let outcome: Awaited<ReturnType<typeof link.outcome>> | undefined;
    const ended = link.outcome(spec.key).then((one) => (outcome = one));
    while (outcome === undefined) {
      writeFileSync(log, "more", { flag: "a" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    assert.match(JSON.stringify(outcome), /"files".*\\"log\\" cannot be taken: it changed while it was taken/);
    assert.deepEqual(readdirSync(join(world.agent.data, "store", world.app.authority.app)), []);
  },
);
