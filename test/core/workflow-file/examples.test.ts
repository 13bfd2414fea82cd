import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { JsonObject } from "#core/base/json.ts";
import { renderShell } from "#core/expression/evaluate.ts";
import type { ScopeValues } from "#core/expression/scope.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import { toWorkflowJsonSchema } from "#core/workflow-file/json-schema.ts";
import { parseFile, ROOT, sound } from "./support.ts";

/** Of the picture with 20 iterations: mawk, gawk and busybox all draw it so. */
const DIGEST_OF_20 = "0370b515024e91cd214adab6684232194ba460af7a997029b09b755a9465f3cf";
const EXAMPLES = readdirSync(path.join(ROOT, "examples")).filter((file) => file.endsWith(".yaml"));

/** A task somewhere in a workflow without branches, by the ids on the way to it. */
function script(definition: WorkflowDefinition, ids: readonly string[], scope: Partial<ScopeValues>): string {
  let nodes: readonly NodeDefinition[] = definition.nodes;
  for (const id of ids) {
    const node = nodes.find((each) => each.id === id);
    if (node?.type === "task" && node.action.kind === "run") {
      const rendered = renderShell(node.action.script, { inputs: {}, variables: {}, nodes: {}, level: 1, ...scope });
      return rendered.ok ? rendered.value : assert.fail(rendered.error.message);
    }
    nodes = node !== undefined && "nodes" in node ? node.nodes : [];
  }
  return assert.fail(`no such task: ${ids.join("/")}`);
}

/** Renders the picture in one folder, tile by tile, and gives its digest and what the last task said. */
function renderPicture(inputs: JsonObject & { readonly tiles: number }): {
  readonly digest: string;
  readonly said: string;
} {
  const definition = sound(parseFile("examples", "picture.yaml"));
  const folder = mkdtempSync(path.join(tmpdir(), "lanweave-picture-"));
  const run = (ids: readonly string[], scope: Partial<ScopeValues> = {}): string => {
    const options = { cwd: folder, encoding: "utf8", env: { PATH: process.env["PATH"], LC_ALL: "C" } } as const;
    const { stdout, stderr, status } = spawnSync(
      "/bin/sh",
      ["-eu", "-c", script(definition, ids, { inputs, ...scope })],
      options,
    );
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    return stdout;
  };
  try {
    const items = run(["plan"]).trim().split("\n");
    assert.equal(items.length, inputs.tiles);
    items.forEach((item, index) => run(["tiles", "tile", "render"], { item, index }));
    const said = run(["join"]).trim();
    const picture = readFileSync(path.join(folder, "picture.ppm"));
    return { digest: createHash("sha256").update(picture).digest("hex"), said };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("[FILE-6] every example is sound, and says what it is", () => {
  for (const file of EXAMPLES) {
    assert.notEqual(sound(parseFile("examples", file)).description, "", file);
    assert.match(readFileSync(path.join(ROOT, "examples", file), "utf8"), /^# .*\n/, file);
  }
});

test("[FILE-4] the picture is the same however it is cut into tiles", () => {
  const whole = renderPicture({ tiles: 1, iterations: 20 });
  const cut = renderPicture({ tiles: 7, iterations: 20 });
  assert.deepEqual(cut, whole);
  assert.equal(whole.said, whole.digest);
  assert.equal(whole.digest, DIGEST_OF_20);
});

test("[FILE-1] the JSON Schema in the repository is the one of the parser", () => {
  const file = path.join(ROOT, "schema/workflow.schema.json");
  assert.ok(existsSync(file));
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), toWorkflowJsonSchema());
});
