import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { holdFolder } from "#agent/adapters/data-folder.ts";
import { temporaryFolder } from "#test/support/fleet.ts";

test("[RUN-8] an agent's folder says what it is written in; one of a newer version is refused and left as it is", (context) => {
  const folder = path.join(temporaryFolder(context), "agent");
  const marker = path.join(folder, "format.json");
  void holdFolder(folder).dispose();
  assert.equal(readFileSync(marker, "utf8"), '{"folder":1}\n');
  writeFileSync(marker, '{"folder":7}\n');
  const newer = `the data folder ${folder} was written by a newer Lanweave (format 7, this one knows 1): update it, or give another folder with --data`;
  assert.throws(() => holdFolder(folder), { code: "data-folder", message: newer });
  assert.equal(readFileSync(marker, "utf8"), '{"folder":7}\n');
  writeFileSync(marker, "half");
  assert.throws(() => holdFolder(folder), /format\.json is damaged: remove it/);
  rmSync(marker);
  void holdFolder(folder).dispose();
  assert.equal(readFileSync(marker, "utf8"), '{"folder":1}\n');
});
