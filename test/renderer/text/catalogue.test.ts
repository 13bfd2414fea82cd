import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MARKS } from "#core/view/mark.ts";
import type { PairFailure } from "#main/trust/pair-failure.ts";
import { en } from "#renderer/text/en.ts";
import { zh } from "#renderer/text/zh.ts";

const RENDERER = fileURLToPath(new URL("../../../renderer/", import.meta.url));
/** Groups whose keys are chosen by a value: a state, a type, a code. */
const CHOSEN_BY_VALUE = [
  "mark",
  "keys",
  "library.templates",
  "units",
  "errors",
  "nav",
  "runs.columns",
  "runs.since",
  "bulk.actions",
  "check.probe",
  "top.themes",
  "node.types",
  "node.tabs",
  "node.actions",
  "fleet.status",
  "metrics.orders",
  "settings.languages",
  "time.reasons",
  "time.legend",
];

/** Every key as a path; a function or a text is a leaf. */
function keysOf(value: object, prefix = ""): readonly string[] {
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) =>
    typeof child === "object" && child !== null ? keysOf(child, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

test("[WIN-10] both languages have the same texts", () => {
  assert.deepEqual(keysOf(zh), keysOf(en));
});

test("[WIN-10] no text is empty, and every mark has a word", () => {
  for (const catalogue of [en, zh]) {
    for (const mark of MARKS) assert.notEqual(catalogue.mark[mark], "");
    const words = keysOf(catalogue).filter((key) => /\.(what|why|todo)$/.test(key));
    assert.ok(words.length > 0);
  }
});

/** Complete, or the compiler complains. */
const PAIRING_CODES: Readonly<Record<PairFailure["code"], true>> = {
  "wrong-code": true,
  expired: true,
  "too-many-tries": true,
  "not-pairing": true,
  busy: true,
  timeout: true,
  version: true,
  malformed: true,
  "bad-certificate": true,
  failed: true,
  "bad-code": true,
  unreachable: true,
  "not-an-agent": true,
  "wrong-agent": true,
  cancelled: true,
};

test("[WIN-10] whatever can go wrong while pairing has three parts in both languages", () => {
  for (const { errors } of [en, zh]) {
    const missing = Object.keys(PAIRING_CODES).filter((code) => {
      const { what = "", why = "", todo = "" } = errors[code] ?? {};
      return [what, why, todo].some((part) => part.trim() === "");
    });
    assert.deepEqual(missing, []);
  }
});

test("[WIN-10] no text is unused", () => {
  const sources = readdirSync(RENDERER, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith("text"))
    .map((name) => readFileSync(join(RENDERER, name), "utf8"))
    .join("\n");
  const isUsed = (key: string): boolean => {
    if (CHOSEN_BY_VALUE.some((group) => key.startsWith(`${group}.`))) return true;
    // A page holds its own group, so a key is looked for by its last part behind a name for the texts.
    return new RegExp(`\\b(text|words|labels)(\\.\\w+)*\\.${key.split(".").at(-1)}\\b`).test(sources);
  };
  assert.deepEqual(
    keysOf(en).filter((key) => !isUsed(key)),
    [],
  );
});
