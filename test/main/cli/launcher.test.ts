import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { LANWEAVE, ROOT, runCommand, startCommand, temporaryFolder } from "#test/support/command-process.ts";

/** A Node older than the checkout needs, outside of node_modules, if this machine has one. */
function findOldNode(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  for (const folder of [...folders, "/usr/local/bin", "/usr/bin"]) {
    const file = join(folder, "node");
    if (!existsSync(file)) continue;
    const version = execFileSync(file, ["--version"], { encoding: "utf8" });
    if (Number(/^v(\d+)/.exec(version)?.[1]) < 22) return file;
  }
  return null;
}

const OLD_NODE = findOldNode();
const withOldNode = { skip: OLD_NODE === null ? "this machine has no Node older than 22" : false };
const oldNode = OLD_NODE ?? "";

/** A folder with the launcher in it, as a checkout or a package with programs of one line. */
function product(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder(t);
  mkdirSync(join(root, "bin"));
  copyFileSync(LANWEAVE, join(root, "bin", "lanweave.js"));
  writeFileSync(join(root, "package.json"), '{"name":"lanweave","version":"9.9.9","type":"module"}');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const launcher = (root: string): string => join(root, "bin", "lanweave.js");
const ECHO = "console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;";

test("[CLI-12] the command works through a symbolic link", async (t) => {
  const link = join(temporaryFolder(t), "lanweave");
  symlinkSync(LANWEAVE, link);
  const { code, stdout } = await runCommand(t, ["--version"], { script: link });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("[CLI-12] agent and everything else are two programs, each with its own words", async (t) => {
  const checkout = product(t, { "main/cli/main.ts": ECHO, "agent/main.ts": ECHO.replace("7", "8") });
  const agent = await runCommand(t, ["agent", "--name", "a b"], { script: launcher(checkout) });
  assert.deepEqual([agent.code, agent.stdout], [8, '["--name","a b"]\n']);
  const other = await runCommand(t, ["runs", "agent"], { script: launcher(checkout) });
  assert.deepEqual([other.code, other.stdout], [7, '["runs","agent"]\n']);
});

test("[CLI-12] an installed package runs its bundles", async (t) => {
  const installed = product(t, { "dist/cli/main.js": ECHO, "dist/cli/agent.js": ECHO });
  const { code, stdout } = await runCommand(t, ["show", "last"], { script: launcher(installed) });
  assert.deepEqual([code, stdout], [7, '["show","last"]\n']);
});

test("[CLI-12] an incomplete package says what is missing", async (t) => {
  const { code, stderr } = await runCommand(t, ["runs"], { script: launcher(product(t, {})) });
  assert.equal(code, 2);
  assert.match(stderr, /dist\/cli\/main\.js is missing: install lanweave again/);
});

test("[CLI-12] with an old Node a checkout uses its own, with the same words and exit code", withOldNode, async (t) => {
  const checkout = product(t, { "main/cli/main.ts": `const words: string[] = []; ${ECHO}` });
  const missing = await runCommand(t, ["runs"], { script: launcher(checkout), node: oldNode });
  assert.deepEqual([missing.code, /needs Node 24, found .*: run "npm ci"/.test(missing.stderr)], [2, true]);
  mkdirSync(join(checkout, "node_modules"));
  symlinkSync(join(ROOT, "node_modules", "node"), join(checkout, "node_modules", "node"));
  const { code, stdout } = await runCommand(t, ["show", "a b"], { script: launcher(checkout), node: oldNode });
  assert.deepEqual([code, stdout], [7, '["show","a b"]\n']);
});

test("[CLI-12] with an old Node signals reach the command, once each", withOldNode, async (t) => {
  const main = `
    let count = 0;
    process.on("SIGINT", () => { count += 1; setTimeout(() => process.exit(128 + count), 300); });
    setInterval(() => {}, 1_000);
    console.log("ready");`;
  const checkout = product(t, { "main/cli/main.ts": main });
  mkdirSync(join(checkout, "node_modules"));
  symlinkSync(join(ROOT, "node_modules", "node"), join(checkout, "node_modules", "node"));
  const command = startCommand(t, ["run"], { script: launcher(checkout), node: oldNode });
  await command.saw(/ready/);
  command.kill("SIGINT");
  assert.equal((await command.ended).code, 129);
  const killed = startCommand(t, ["run"], { script: launcher(checkout), node: oldNode });
  await killed.saw(/ready/);
  killed.kill("SIGTERM");
  assert.equal((await killed.ended).code, 143);
});

test("[CLI-12] a package on an old Node says what it needs", withOldNode, async (t) => {
  const installed = product(t, { "dist/cli/main.js": ECHO });
  const { code, stderr } = await runCommand(t, ["runs"], { script: launcher(installed), node: oldNode });
  assert.equal(code, 2);
  assert.match(stderr, /^lanweave: lanweave needs Node 22\.13 or newer, found \d/);
});
