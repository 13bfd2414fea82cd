import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FolderLibrary } from "#main/persistence/folder-library.ts";
import { findModules } from "#main/transport/folder-modules.ts";

/** What is wrong with a module when the file is checked, and when it is to be shipped. */
async function troubles(folder: string, module: string): Promise<readonly (string | null)[]> {
  const checked = new FolderLibrary([], folder).checkModule(module, path.join(folder, "flow.yaml"));
  try {
    await findModules(folder, module);
    return [checked, null];
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return [checked, `${code}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

test("[FILE-3] what cannot be shipped is found when the file is checked, and again when it is to be shipped", async (context) => {
  const root = mkdtempSync(path.join(tmpdir(), "lw-modules-"));
  context.after(() => rmSync(root, { recursive: true }));
  const folder = path.join(root, "flows");
  mkdirSync(path.join(folder, "lib", "dir.ts"), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  write("good.ts", 'import "./lib/helper.mjs"; import "fs"; import "node:test"; import data from "./data.json"');
  write("lib/helper.mjs", 'export { default } from "../good.ts"');
  write("data.json", "{}");
  write("lost.ts", '\nimport "./lib/lost.ts"');
  write("package.ts", 'import "zod"');
  write("linked.ts", 'import "./link.ts"');
  write("folder.ts", 'import "./lib/dir.ts"');
  write("large.ts", "/".repeat(4 * 1024 * 1024 + 1));
  writeFileSync(path.join(root, "outside.ts"), "");
  symlinkSync(path.join(root, "outside.ts"), path.join(folder, "link.ts"));

  assert.deepEqual(await troubles(folder, "good.ts"), [null, null]);
  const found = await findModules(folder, "./good.ts");
  assert.deepEqual(
    found.map(({ name, sizeBytes, sha256 }) => [name, sizeBytes, sha256.length]),
    [
      ["good.ts", 90, 64],
      ["lib/helper.mjs", 36, 64],
      ["data.json", 2, 64],
    ],
  );
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    ["none.ts", /^the module "none\.ts" is not in /, /^no-match: the module "none\.ts" cannot be found: ENOENT/],
    [
      "lost.ts",
      /^the file "lib\/lost\.ts", which lost\.ts:2 imports, is not in /,
      /^no-match: the file "lib\/lost\.ts", which lost\.ts:2 imports, cannot be found/,
    ],
    [
      "package.ts",
      /^package\.ts:1 imports "zod": only files/,
      /^not-allowed: script: package\.ts:1 imports "zod": only files/,
    ],
    ["linked.ts", /is outside of .*: a link leads there/, /^not-allowed: .* is outside of .*: a link leads there/],
    ["folder.ts", /is no regular file/, /^not-allowed: .*cannot be read: EISDIR/],
    ["large.ts", /has 4194305 bytes, more than 4194304/, /^not-allowed: .* has 4194305 bytes, more than 4194304/],
  ];
  for (const [module, checked, shipped] of cases) {
    const [first, second] = await troubles(folder, module);
    assert.match(first ?? "", checked);
    assert.match(second ?? "", shipped);
  }
});
