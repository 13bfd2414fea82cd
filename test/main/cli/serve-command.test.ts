import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  LANWEAVE,
  ROOT,
  SMALL_LANWEAVE,
  runCommand,
  startCommand,
  temporaryFolder,
} from "#test/support/command-process.ts";
import { bundle } from "../../../scripts/bundle.ts";

/** An installed package with the command line as one bundle, and a window of one page. */
async function installPackage(t: TestContext, hasWindow: boolean): Promise<string> {
  const root = join(temporaryFolder(t), "lanweave");
  for (const folder of ["bin", "dist/cli", "dist/renderer"]) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(LANWEAVE, join(root, "bin", "lanweave.js"));
  copyFileSync(join(ROOT, "package.json"), join(root, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  if (hasWindow)
    writeFileSync(join(root, "dist", "renderer", "index.html"), "<!doctype html><title>the window</title>");
  await bundle(SMALL_LANWEAVE, join(root, "dist", "cli", "main.js"));
  return join(root, "bin", "lanweave.js");
}

test("[SERVE-1, SERVE-2] serve prints an address that shows the window, and ends in order", async (t) => {
  const script = await installPackage(t, true);
  const data = temporaryFolder(t);
  const serve = startCommand(t, ["serve", "--port", "0", "--data", data, "--no-discovery"], { script });
  const address = (await serve.saw(/^Lanweave is at (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m))[1] ?? "";
  const first = await fetch(address, { redirect: "manual" });
  const cookie = (first.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const page = await fetch(new URL("/", address), { headers: { cookie } });
  assert.match(await page.text(), /the window/);
  assert.equal((await runCommand(t, ["agents", "--data", data], { script })).code, 0);
  serve.kill("SIGTERM");
  assert.equal((await serve.ended).code, 0);
  assert.equal((await runCommand(t, ["agents", "--data", data], { script })).code, 3);
});

test("[CLI-1] with --json serve prints nothing on stdout but says its address on stderr", async (t) => {
  const script = await installPackage(t, true);
  const serve = startCommand(t, ["serve", "--port", "0", "--json", "--data", temporaryFolder(t)], { script });
  await serve.saw(/Lanweave is at http/);
  serve.kill("SIGINT");
  const { code, stdout } = await serve.ended;
  assert.deepEqual([code, stdout], [0, ""]);
});

test("[SERVE-1] another address than this machine's own is refused", async (t) => {
  const { code, stderr } = await runCommand(t, ["serve", "--host", "0.0.0.0", "--data", temporaryFolder(t)]);
  assert.equal(code, 2);
  assert.match(stderr, /listens on this machine only .*, not on 0\.0\.0\.0/);
});

test("a package without the window says how to build it", async (t) => {
  const script = await installPackage(t, false);
  const { code, stderr } = await runCommand(t, ["serve", "--data", temporaryFolder(t)], { script });
  assert.deepEqual([code, /run "npm run build" first/.test(stderr)], [2, true]);
});
