import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildFixtureApp } from "../support/electron-fixture/build.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/package-check.ts", import.meta.url));

async function packageCheck(appFolder: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(process.execPath, [SCRIPT, "--app", appFolder], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, output: output + errors };
}

/** A package that the app needs by its manifest: the packer takes these along unless it is told not to. */
function addDependency(root: string, name: string): void {
  const file = join(root, "package.json");
  const manifest: object = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { [name]: "1.0.0" } }));
  mkdirSync(join(root, "node_modules", name), { recursive: true });
  writeFileSync(join(root, "node_modules", name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
}

describe("the packed app", () => {
  test("[DESK-11] it holds what was built, without packages and stray files, and passes the shell's tests", async () => {
    const app = await buildFixtureApp();
    try {
      addDependency(app.root, "stray");
      writeFileSync(join(app.root, "notes.txt"), "not for release");
      const { code, output } = await packageCheck(app.root);
      assert.equal(code, 0, output);
    } finally {
      app.remove();
    }
  });

  test("[DESK-11] an app that was not built is refused with what is missing", async () => {
    const { code, output } = await packageCheck(fileURLToPath(new URL("../support/electron-fixture", import.meta.url)));
    assert.equal(code, 2);
    assert.match(output, /dist\/electron\/main\.js.*missing\. Run npm run build first/);
  });

  test("[DESK-11] it is packed around the Electron that is tested with", () => {
    const read = (name: string): string =>
      readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), "utf8");
    const packed = /^electronVersion: (\S+)$/m.exec(read("electron-builder.yml"))?.[1];
    const tested = /"electron": "([^"]+)"/.exec(read("package.json"))?.[1];
    assert.equal(packed, tested);
  });
});
