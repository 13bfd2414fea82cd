import assert from "node:assert/strict";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AttemptFiles } from "#agent/runner/ports.ts";
import { placeInputs } from "#agent/runner/place-inputs.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import { makeFolder } from "#test/support/agent-process.ts";

const app = "a".repeat(16) as AppId;
const run = "r1" as RunId;

function inputOf(name: string): InputFile {
  return { name, sha256: name.length.toString(16).padStart(64, "0") as Sha256, sizeBytes: 1, holders: [] };
}

test("[FLEET-9] when one input cannot be brought the others are not waited for, and nothing of them comes later", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const work = join(folder.path, "work");
  const asked: string[] = [];
  const files: AttemptFiles = {
    hold: () => () => undefined,
    keep: () => Promise.reject(new Error("nothing is kept here")),
    flush: () => Promise.resolve(),
    bring: (_app, { name }, to, signal) => {
      asked.push(name);
      if (name === "missing") return Promise.reject(new Error("nobody has it"));
      // Takes as long as it may.
      return new Promise((resolve, reject) => {
        const stop = (): void => reject(new Error("cancelled"));
        if (name.startsWith("d/")) writeFile(to, "x").then(resolve, reject);
        else if (signal.aborted) stop();
        else signal.addEventListener("abort", stop);
      });
    },
  };
  const inputs = ["d/1", "slow", "missing", "d/2", "d/3", "d/4"].map(inputOf);
  await assert.rejects(placeInputs(files, { app, run }, inputs, work, new AbortController().signal), {
    code: "inputs",
    message: "nobody has it",
  });
  await rm(work, { recursive: true });
  const before = asked.length;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked.length, before);
  assert.deepEqual(await readdir(folder.path), []);
});

test("[FLEET-9] an input in the place of another one's folder fails with a reason of its own", async (context) => {
  const folder = await makeFolder();
  context.after(() => folder.remove());
  const files: AttemptFiles = {
    hold: () => () => undefined,
    keep: () => Promise.reject(new Error("nothing is kept here")),
    flush: () => Promise.resolve(),
    bring: (_app, _file, to) => writeFile(to, "x"),
  };
  const placing = placeInputs(
    files,
    { app, run },
    [inputOf("a"), inputOf("a/b")],
    folder.path,
    new AbortController().signal,
  );
  await assert.rejects(placing, { code: "inputs" });
});
