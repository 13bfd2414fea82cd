import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, listFiles, printFindings, readSources } from "./check-sources.ts";
import type { Findings, Source } from "./check-sources.ts";

const README = "docs/spec/README.md";
const RULE_ROW = /^\| *([A-Z]+-\d+) *\|/gm;
const RULE_NAMED = /\[([A-Z]+-\d+(?:, *[A-Z]+-\d+)*)\]/g;
/** The part of the README that lists rules whose time has not come. */
const NOT_BUILT = /^## Not built yet\n([\s\S]*?)(?=^## |(?![\s\S]))/m;

/** Holds the rules of docs/spec against the tests that name them. */
export function checkSpec(sources: readonly Source[]): Findings {
  const rules = readRules();
  const named = readNamed(sources);
  const notBuilt = new Set(NOT_BUILT.exec(readText(README))?.[1]?.match(/[A-Z]+-\d+/g));
  const twice = rules.filter(({ id }, index) => rules.findIndex((other) => other.id === id) !== index);
  const ids = new Set(rules.map(({ id }) => id));
  const untested = rules.filter(({ id }) => !named.has(id) && !notBuilt.has(id));
  const unknown = [...named].filter(([id]) => !ids.has(id));
  return {
    problems: [
      ...twice.map(({ id, file }) => `${file}: rule ${id} is written twice`),
      ...untested.map(
        ({ id, file }) => `${file}: rule ${id} has no test that names it [${id}] and is not listed as not built yet`,
      ),
      ...unknown.map(([id, file]) => `${file}: names rule ${id}, which no table of docs/spec holds`),
      ...[...notBuilt]
        .filter((id) => !ids.has(id))
        .map((id) => `${README}: ${id} is not built yet, but no table holds it`),
    ],
    notes: [
      `${ids.size} rules, ${[...ids].filter((id) => named.has(id)).length} named by tests`,
      ...[...notBuilt].filter((id) => named.has(id)).map((id) => `${id} is listed as not built yet and has a test`),
    ],
  };
}

interface Rule {
  readonly id: string;
  readonly file: string;
}

function readRules(): readonly Rule[] {
  if (!existsSync(join(ROOT, "docs/spec"))) return [];
  return listFiles("docs/spec", [".md"]).flatMap((file) =>
    [...readText(file).matchAll(RULE_ROW)].map((match) => ({ id: match[1] ?? "", file })),
  );
}

/** Rules in test names, each with the first file that names it. */
function readNamed(sources: readonly Source[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const { path, text } of sources.filter((source) => source.path.endsWith(".test.ts"))) {
    for (const match of text.matchAll(RULE_NAMED)) {
      for (const id of match[1]?.split(/, */) ?? []) if (!named.has(id)) named.set(id, path);
    }
  }
  return named;
}

function readText(file: string): string {
  return existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), "utf8") : "";
}

if (import.meta.main) printFindings(checkSpec(readSources()));
