import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import type { FileHolder, InputFile } from "#core/model/attempt.ts";
import type { Sha256 } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { keyOf, specOf, type TestLink } from "#test/support/agent-link.ts";
import type { AgentProcess } from "#test/support/agent-process.ts";
import { type AgentWorld, makeWorld } from "#test/support/agent-world.ts";

const never = new AbortController().signal;

async function writeFolder(world: AgentWorld, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = join(world.folder, "workflow");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

function holderOf({ target }: AgentProcess): FileHolder {
  return { agent: target.id, fingerprint: target.fingerprint, addresses: target.addresses, port: target.port };
}

async function failureOf(
  link: TestLink,
  path: string,
  more: Parameters<typeof specOf>[2],
  script = "true",
): Promise<string> {
  const spec = specOf(path, script, more);
  link.assign(spec);
  const outcome = await link.outcome(spec.key);
  return outcome.kind === "failure" ? `${outcome.failure.code}: ${outcome.failure.message}` : JSON.stringify(outcome);
}

test("[FLEET-9] files go from the app through one agent to another and home again", async (context) => {
  const world = await makeWorld(context);
  const second = await world.addAgent("second");
  const big = randomBytes(3_000_000);
  const folder = await writeFolder(world, { "in/a.bin": big, "in/b.txt": "small", "in/空 é.txt": "" });
  const found = await world.app.files.find(folder, "in/*");
  assert.deepEqual(
    found.map(({ name, sizeBytes }) => [name, sizeBytes]),
    [
      ["in/a.bin", big.length],
      ["in/b.txt", 5],
      ["in/空 é.txt", 0],
    ],
  );
  for (const file of found) await world.app.files.put(world.agent.target, folder, file, never);
  for (const file of found) await world.app.files.put(world.agent.target, folder, file, never);

  const first = await world.connect();
  const filesIn = found.map((file): InputFile => ({ ...file, holders: [] }));
  const join1 = specOf(
    "join",
    "cat in/*.bin in/b.txt > out.bin; echo changed > in/b.txt; mkdir d; echo deep > d/x.txt",
    { filesIn, filesOut: ["*.bin", "d/**"] },
  );
  first.assign(join1);
  const outcome = await first.outcome(join1.key);
  assert.equal(outcome.kind, "success", JSON.stringify(outcome));
  const files: readonly FileRef[] = outcome.kind === "success" ? outcome.files : [];
  const sha256 = createHash("sha256").update(big).update("small").digest("hex");
  assert.deepEqual(
    files.map((file) => [file.name, file.sizeBytes]),
    [
      ["d/x.txt", 5],
      ["out.bin", big.length + 5],
    ],
  );
  assert.equal(files[1]?.sha256, sha256);

  const other = await world.connect(second);
  const pulled = files.map((file): InputFile => ({ ...file, holders: [holderOf(world.agent)] }));
  const count = specOf("count", "wc -c < out.bin | tr -d ' '; cat d/x.txt", { filesIn: pulled, result: "lines" });
  other.assign(count);
  const counted = await other.outcome(count.key);
  assert.deepEqual(counted.kind === "success" ? counted.result : counted, [String(big.length + 5), "deep"]);

  const home = join(world.folder, "home", "out.bin");
  await world.app.files.fetch([second.target], sha256 as Sha256, big.length + 5, home, never);
  assert.equal(
    createHash("sha256")
      .update(await readFile(home))
      .digest("hex"),
    sha256,
  );
  assert.deepEqual(await readdir(join(world.folder, "home")), ["out.bin"]);
  // What a task did to its copy of b.txt did not reach the store.
  const again = specOf("again", "cat in/b.txt", { filesIn });
  first.assign(again);
  const unchanged = await first.outcome(again.key);
  assert.equal(unchanged.kind === "success" ? unchanged.result : unchanged, "small");
});

test("[FLEET-9] what cannot be brought or taken fails the attempt with a reason", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  const nowhere = { name: "x", sha256: "0".repeat(64) as Sha256, sizeBytes: 1 };
  assert.match(
    await failureOf(link, "a", { filesIn: [{ ...nowhere, holders: [] }] }),
    /^missing-file: .*not on this agent/,
  );
  assert.match(
    await failureOf(link, "b", { filesIn: [{ ...nowhere, holders: [holderOf(world.agent)] }] }),
    /^missing-file: .*no file 0000/,
  );
  assert.match(
    await failureOf(link, "c", { filesIn: [{ ...nowhere, name: "../x", holders: [] }] }),
    /^inputs: .*leads out with "\.\."/,
  );
  assert.match(await failureOf(link, "d", { filesOut: ["*.png"] }), /^files: .*"\*\.png".*no such file/);
  assert.match(await failureOf(link, "e", { filesOut: ["../*"] }), /^files: .*leads out/);
  assert.match(await failureOf(link, "f", { filesOut: ["l*"] }, "ln -s /etc/passwd link"), /^files: .*no such file/);
  assert.match(await failureOf(link, "g", { filesOut: ["d/hostname"] }, "ln -s /etc d"), /^files: /);
});

test("[FLEET-9] globs of the app stay inside the workflow's folder", async (context) => {
  const world = await makeWorld(context);
  const folder = await writeFolder(world, { "a.txt": "a" });
  await writeFile(join(world.folder, "secret"), "s");
  await symlink(join(world.folder, "secret"), join(folder, "link"));
  const { files } = world.app;
  await assert.rejects(files.find(folder, "../*"), { code: "not-allowed" });
  await assert.rejects(files.find(folder, "/etc/passwd"), { code: "not-allowed" });
  await assert.rejects(files.find(folder, "li*"), { code: "not-allowed" });
  await assert.rejects(files.find(folder, "*.png"), { code: "no-match" });
  assert.deepEqual(
    (await files.find(folder, "*.txt")).map(({ name }) => name),
    ["a.txt"],
  );
});

test("[FLEET-9] a broken transfer goes on where it broke, and corrupt bytes are refused and thrown away", async (context) => {
  const world = await makeWorld(context);
  const content = randomBytes(2_000_000);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const put = `{"kind":"put","sha256":"${sha256}","sizeBytes":${content.length}}\n`;
  assert.deepEqual(await talk(world, [put, content.subarray(0, 1_500_000)]), ['{"kind":"send","offset":0}']);
  const [resumed = ""] = await talk(world, [put]);
  const { offset } = JSON.parse(resumed) as { offset: number };
  assert.ok(offset > 0 && offset <= 1_500_000, resumed);
  const [, refusal = ""] = await talk(world, [put, Buffer.alloc(content.length - offset)], 2);
  assert.match(refusal, /"code":"corrupt"/);
  assert.deepEqual(await talk(world, [put]), ['{"kind":"send","offset":0}']);
  const folder = await writeFolder(world, { "c.bin": content });
  const file = { name: "c.bin", sha256: sha256 as Sha256, sizeBytes: content.length };
  await world.app.files.put(world.agent.target, folder, file, never);
  assert.deepEqual(await talk(world, [put]), ['{"kind":"stored"}']);
  await writeFile(join(folder, "c.bin"), Buffer.alloc(content.length));
  await assert.rejects(
    world.app.files.put(world.agent.target, folder, { ...file, sha256: "1".repeat(64) as Sha256 }, never),
    { code: "changed" },
  );
  const to = join(world.folder, "home", "c.bin");
  await assert.rejects(world.app.files.fetch([world.agent.target], "2".repeat(64) as Sha256, 1, to, never), {
    code: "missing",
  });
  assert.deepEqual(await readdir(join(world.folder, "home")), []);
});

test("[FLEET-9] a file that cannot be read to its end breaks the transfer off, and no word gets among its bytes", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  link.assign(specOf("a", "echo kept > out", { filesOut: ["out"] }));
  const outcome = await link.outcome(keyOf("a"));
  const { sha256 } = (outcome.kind === "success" ? outcome.files[0] : undefined) ?? assert.fail();
  // A folder where the file was: its size is told, its bytes cannot be read.
  const path = join(world.agent.data, "store", world.app.authority.app, sha256.slice(0, 2), sha256.slice(2));
  await rm(path);
  await mkdir(path);
  const heard = await talk(world, [`{"kind":"get","sha256":"${sha256}","offset":0}\n`]);
  assert.equal(heard.length, 1, heard.join("\n"));
  assert.match(heard[0] ?? "", /^\{"kind":"sending",/);
});

test("[FLEET-9] what cannot be read any more when the agent starts is as good as gone", async (context) => {
  const world = await makeWorld(context);
  const sha256 = "3".repeat(64);
  const path = join(world.agent.data, "store", world.app.authority.app, sha256.slice(0, 2), sha256.slice(2));
  await mkdir(path, { recursive: true });
  const [heard] = await talk(world, [`{"kind":"get","sha256":"${sha256}","offset":0}\n`]);
  assert.match(heard ?? "", /^\{"kind":"refused","code":"missing"/);
});

test("[FLEET-9] a copy that a killed agent left half made is removed when it starts again", async (context) => {
  const world = await makeWorld(context);
  const folder = join(world.agent.data, "store", world.app.authority.app);
  await mkdir(folder, { recursive: true });
  await world.agent.end("SIGKILL");
  await writeFile(join(folder, "..", "somebody's note"), "");
  for (const name of ["keep-1-1", `part-${"4".repeat(64)}`]) await writeFile(join(folder, name), "half");
  await world.restart();
  assert.deepEqual(await readdir(folder), [`part-${"4".repeat(64)}`]);
});

/** Says things at an agent's front door, in the app's name, and returns the lines that come within a moment of silence. */
/** Says `parts`, hears `answers` lines, and hangs up; resolves once the agent has hung up as well. */
async function talk(world: AgentWorld, parts: readonly (string | Uint8Array)[], answers = 1): Promise<string[]> {
  const { target } = world.agent;
  const tls = await agentTlsOptions(world.app.authority, { id: target.id, fingerprint: target.fingerprint as Sha256 });
  return new Promise((resolve, reject) => {
    let heard = "";
    const lines = (): string[] => heard.split("\n").filter((line) => line !== "");
    const socket = connect({ ...tls, host: "127.0.0.1", port: target.port, ALPNProtocols: [FILES_PROTOCOL] });
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("utf8");
      if (lines().length >= answers) socket.end();
    });
    socket.on("close", () => resolve(lines()));
    socket.on("secureConnect", () => {
      for (const part of parts) socket.write(part);
    });
  });
}
