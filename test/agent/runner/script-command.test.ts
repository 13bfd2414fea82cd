import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { AppId } from "#core/model/id.ts";
import { makePlaces, placesOf } from "#agent/runner/attempt-folders.ts";
import { type NodeFacts, ScriptCommand } from "#agent/runner/script-command.ts";
import { keyOf, specOf } from "#test/support/agent-link.ts";

const PRESENT: NodeFacts = { execPath: "/node", version: "v24.21.0", flags: new Set(), typescript: "strip" };
const END = { code: 0, signal: null, stderrTail: "", isCaptureCut: false, isOutOfMemory: false };

async function make(
  context: TestContext,
  module: string,
  node: NodeFacts,
): Promise<{ command: ScriptCommand; root: string }> {
  const folder = await mkdtemp(join(tmpdir(), "lw-script-"));
  context.after(() => rm(folder, { recursive: true }));
  // A data folder that is reached by a link, as /tmp is on some systems.
  await mkdir(join(folder, "real", "work"), { recursive: true });
  await symlink(join(folder, "real"), join(folder, "data"));
  const places = placesOf(join(folder, "data"), "a".repeat(16) as AppId, keyOf("a"));
  await makePlaces(places);
  const action = { kind: "script", module, export: "default", args: { a: 1 } } as const;
  const command = new ScriptCommand(action, specOf("a", "", { action }), places, node);
  return { command, root: places.root.replace(join(folder, "data"), join(folder, "real")) };
}

test("[FILE-3] a script is started with permission for its own folders only, by their real paths", async (context) => {
  const { command, root } = await make(context, "lib/m.ts", PRESENT);
  const argv = await command.prepare();
  const [orderPath = ""] = argv.slice(-1);
  assert.equal(orderPath, join(root, "order.json"));
  assert.deepEqual(argv.slice(0, 3), ["/node", "--permission", `--allow-fs-read=${join(root, "*")}`]);
  assert.deepEqual(
    argv.filter((word) => word.startsWith("--allow")).slice(2),
    ["files/*", "home/*", "tmp/*", "answer.json"].map((name) => `--allow-fs-write=${join(root, name)}`),
  );
  const order = JSON.parse(await readFile(orderPath, "utf8"));
  assert.deepEqual(
    [order.modulePath, order.args, order.answerPath, order.readyAt],
    [join(root, "files/lib/m.ts"), { a: 1 }, join(root, "answer.json"), null],
  );
});

test("[FILE-3] each version of Node gets the flags it needs, and one without TypeScript says so", async (context) => {
  const flagsOf = async (node: Partial<NodeFacts>, module = "m.ts"): Promise<readonly string[]> => {
    const { command } = await make(context, module, { ...PRESENT, ...node });
    const argv = await command.prepare();
    return argv.filter((word) => word === "--allow-net" || word === "--experimental-strip-types");
  };
  assert.deepEqual(await flagsOf({}), []);
  assert.deepEqual(await flagsOf({ flags: new Set(["--allow-net"]) }), ["--allow-net"]);
  const old = { flags: new Set(["--experimental-strip-types"]), typescript: false };
  assert.deepEqual(await flagsOf(old), ["--experimental-strip-types"]);
  const without = { version: "v22.20.0", typescript: false };
  assert.deepEqual(await flagsOf(without, "m.mjs"), []);
  await assert.rejects(flagsOf(without), {
    code: "unsupported",
    message:
      /^the Node of this agent \(v22\.20\.0\) cannot run TypeScript, which "m\.ts" is: expected Node 22\.18 or newer/,
  });
});

test("[NODE-11] an answer that the host did not write as it should is none", async (context) => {
  const { command, root } = await make(context, "m.ts", PRESENT);
  const answerPath = join(root, "answer.json");
  const resultOf = async (text: string): Promise<unknown> => {
    await writeFile(answerPath, text);
    return command.toResult({ ...END, code: 1 });
  };
  await assert.rejects(command.toResult({ ...END, signal: "SIGKILL", code: null }), /was ended by SIGKILL/);
  for (const text of ["", "{", '{"kind":"else"}', '{"kind":"failed"}'])
    await assert.rejects(resultOf(text), /exit code 1/);
  await assert.rejects(resultOf('{"kind":"returned","result":[1e999]}'), /a number of the result is too large/);
  await assert.rejects(resultOf(`{"kind":"returned","result":"${"x".repeat(1_048_575)}"}`), {
    code: "result-too-large",
  });
  await assert.rejects(
    resultOf(`{"kind":"returned","result":${"[".repeat(300)}${"]".repeat(300)}}`),
    /nested at most 256/,
  );
  assert.deepEqual(await resultOf('{"kind":"returned","result":{"a":[1]}}'), { a: [1] });
});
