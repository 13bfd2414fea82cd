import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { addNode } from "#core/workflow-file/edit/add-node.ts";
import { connect, disconnect } from "#core/workflow-file/edit/connect.ts";
import { problemsOf } from "#core/workflow-file/edit/edit.ts";
import { duplicateNode, moveNode } from "#core/workflow-file/edit/move-node.ts";
import { readOutline, type ListPlace } from "#core/workflow-file/edit/outline.ts";
import type { EditResult } from "#core/workflow-file/edit/problem.ts";
import { renameNode } from "#core/workflow-file/edit/rename-node.ts";
import { setField } from "#core/workflow-file/edit/set-field.ts";
import { unwrapNode, wrapNodes } from "#core/workflow-file/edit/wrap-nodes.ts";
import { ROOT } from "../support.ts";

const FOLDER = path.join(ROOT, "examples");
const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(path.join(FOLDER, name), "utf8"));
const TYPES = ["task", "pipeline", "parallel", "conditional", "loop", "subworkflow"] as const;
const CONTAINERS = ["pipeline", "parallel", "conditional", "loop"] as const;
const MAX_EDITS = 6;

interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

function apply(text: string, { kind, a, b, c }: Step): EditResult {
  const outline = readOutline(text);
  const paths = [...outline.byPath.keys()];
  const pick = (at: number): string => paths[at % paths.length] ?? "";
  const places: ListPlace[] = [
    { parent: null, key: "nodes" },
    ...[...outline.byPath.values()].flatMap((node) => node.children.map((list) => list.place)),
  ];
  const place = places[b % places.length] ?? { parent: null, key: "nodes" };
  const id = ["fresh", "a-b", "in", "node7"][c % 4] ?? "x";
  switch (kind) {
    case 0:
      return addNode(text, { type: TYPES[a % 6] ?? "task", place, index: 0 });
    case 1:
      return renameNode(text, pick(a), id);
    case 2:
      return connect(text, pick(a), pick(b));
    case 3:
      return disconnect(text, pick(a), pick(b));
    case 4:
      return moveNode(text, pick(a), place);
    case 5:
      return duplicateNode(text, pick(a));
    case 6:
      return wrapNodes(text, [pick(a), pick(b)], CONTAINERS[c % 4] ?? "loop");
    case 7:
      return unwrapNode(text, pick(a));
    case 8:
      return setField(text, pick(a), ["fault", "retry"], c);
    default:
      return setField(text, pick(a), ["label"], ["plain", "with: colon", "「中文」", "# no comment"][c % 4]);
  }
}

function errorCodes(text: string): readonly string[] {
  return problemsOf(text).flatMap(({ code, severity }) => (severity === "error" ? [code] : []));
}

/** Comments of whole lines: those are easy to tell from text. */
function comments(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (/^\s*# /.test(line) ? [line.trim()] : []));
}

const step = fc.record({
  kind: fc.nat({ max: 9 }),
  a: fc.nat({ max: 50 }),
  b: fc.nat({ max: 50 }),
  c: fc.nat({ max: 9 }),
});

test("[WIN-25] whatever is edited, the parser takes the text, and no comment is lost", () => {
  let done = 0;
  fc.assert(
    fc.property(fc.constantFrom(...FILES), fc.array(step, { minLength: 1, maxLength: MAX_EDITS }), (file, steps) => {
      let text = file;
      for (const each of steps) {
        const result = apply(text, each);
        if (!result.ok) continue;
        done++;
        text = result.value.text;
        if (result.value.selected !== null)
          assert.ok(readOutline(text).byPath.has(result.value.selected), `${result.value.selected} is there`);
      }
      assert.ok(errorCodes(text).length <= errorCodes(file).length);
      const kept = comments(text);
      for (const comment of comments(file)) assert.ok(kept.includes(comment), `kept: ${comment}`);
    }),
    { numRuns: 80 },
  );
  assert.ok(done > 40, `edits that were carried out: ${String(done)}`);
});
