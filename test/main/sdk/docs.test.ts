import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../..");
const PAGE = readFileSync(path.join(ROOT, "docs/sdk.md"), "utf8");
const DEADLINE_MS = 120_000;

/** In the repository, so that "lanweave" is this very package, but where nothing is kept. */
const around = path.join(ROOT, "tmp");
mkdirSync(around, { recursive: true });
const folder = mkdtempSync(path.join(around, "docs-"));
after(() => rmSync(folder, { recursive: true }));

const examples = [...PAGE.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""], index) => {
  const file = path.join(folder, `example-${index + 1}.ts`);
  writeFileSync(file, code);
  const printed = [...code.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line = ""]) => `${line}\n`).join("");
  return { file, printed };
});

test("[SDK-1] every example of the page about the library compiles", async () => {
  const config = path.join(folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ extends: "../../examples/sdk/tsconfig.json", include: ["*.ts"] }));
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const relaxed = ["--noUnusedLocals", "false", "--noUnusedParameters", "false"];
  const { stdout } = await run(process.execPath, [tsc, "-p", config, ...relaxed], { timeout: DEADLINE_MS }).catch(
    (error: { readonly stdout: string }) => error,
  );
  assert.equal(stdout, "");
});

for (const [index, { file, printed }] of examples.entries()) {
  test(`[SDK-3, SDK-7] example ${index + 1} of the page about the library prints what the page says`, async () => {
    assert.notEqual(printed, "", "an example says what it prints");
    const { stdout } = await run(process.execPath, ["--conditions=lanweave-source", file], { timeout: DEADLINE_MS });
    assert.equal(stdout, printed);
  });
}
