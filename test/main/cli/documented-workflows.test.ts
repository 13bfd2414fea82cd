import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { formatProblem } from "#core/workflow-file/problems.ts";
import { LANWEAVE, runCommand, temporaryFolder } from "#test/support/command-process.ts";

const PAGES = ["docs/workflow-file.md", "docs/spec/workflow-file.md"];

/** A fenced block of a page that is a whole workflow. */
interface Documented {
  readonly text: string;
  /** What its first line says its outputs come to. */
  readonly gives: unknown;
  /** Under which name others find it. */
  readonly file: string | null;
}

const WORKFLOWS = PAGES.flatMap((page) => {
  const text = readFileSync(join(import.meta.dirname, "../../..", page), "utf8");
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]): readonly Documented[] => {
    if (!/^lanweave:/m.test(block)) return [];
    const gives = /^# gives: (.*)$/m.exec(block)?.[1];
    const file = /^# file: (.*)$/m.exec(block)?.[1] ?? null;
    return [{ text: block, gives: gives === undefined ? undefined : JSON.parse(gives), file }];
  });
});

test("[FILE-6] every whole workflow of the pages about the format is sound", () => {
  assert.ok(WORKFLOWS.length >= 7);
  for (const { text } of WORKFLOWS) {
    const parsed = parseWorkflow(text, {
      file: "page.yaml",
      resolve: (reference) => {
        const part = WORKFLOWS.find(({ file }) => file === reference);
        if (part === undefined) return { ok: false, error: "no page has it" };
        return { ok: true, value: { file: reference, text: part.text } };
      },
    });
    assert.equal(parsed.ok ? "" : parsed.error.map(formatProblem).join("\n"), "", text);
  }
});

test("[FILE-9] the workflows of the page that say what they give give that", async (t) => {
  const folder = temporaryFolder(t);
  for (const { file, text } of WORKFLOWS) {
    if (file === null) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const runnable = WORKFLOWS.filter(({ gives }) => gives !== undefined);
  assert.ok(runnable.length >= 5);
  for (const [index, { text, gives }] of runnable.entries()) {
    const file = join(folder, `w${index}.yaml`);
    writeFileSync(file, text);
    const words = ["run", file, "--local", "1", "--json", "--data", join(folder, `data${index}`)];
    const { code, stdout, stderr } = await runCommand(t, words, { script: LANWEAVE });
    assert.equal(code, 0, `${text}\n${stderr}`);
    assert.deepEqual(JSON.parse(stdout.trim().split("\n").at(-1) ?? "").outputs, gives, text);
  }
});
