import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parseFile, problemsOf, ROOT } from "./support.ts";

const FOLDER = "test/fixtures/broken";
const EXPECTED = "expected.txt";

test("[FILE-6] every problem of every broken file is told with file, line and column, and what was meant", () => {
  const files = readdirSync(path.join(ROOT, FOLDER)).filter((file) => file !== EXPECTED);
  const found = files.sort().flatMap((file) => problemsOf(parseFile(FOLDER, file)));
  const expected = readFileSync(path.join(ROOT, FOLDER, EXPECTED), "utf8");
  assert.equal(`${found.join("\n")}\n`, expected);
});

test("[FILE-6] each broken file has a problem", () => {
  const files = readdirSync(path.join(ROOT, FOLDER)).filter((file) => file !== EXPECTED);
  const soundOnes = files.filter((file) => parseFile(FOLDER, file).ok);
  assert.deepEqual(soundOnes, []);
  assert.ok(files.length >= 10);
});
