import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { IMPORT_TABLE } from "./check-import-table.ts";
import type { ImportRow } from "./check-import-table.ts";
import { scanImports } from "./check-import-scan.ts";
import type { Import } from "./check-import-scan.ts";
import { ROOT, printFindings, readSources } from "./check-sources.ts";
import type { Findings, Source } from "./check-sources.ts";

/** An import of the repository by another of its files. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

type Target =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "node" }
  | { readonly kind: "package"; readonly name: string };

const MAP_FILE = "ARCHITECTURE.md";
const TABLE_PLACE = /<!-- import table -->\n[\s\S]*?<!-- end of import table -->/;
const ALIAS = /^#(core|main|agent|renderer|test)\//;

/** Holds the import table, extensions, aliases, and forbids `export *`. */
export function checkImports(sources: readonly Source[]): Findings {
  const homeless = sources.filter(({ path }) => rowOf(path) === undefined);
  const problems = sources.flatMap((source) =>
    scanImports(source).flatMap((found) =>
      judge(source.path, found).map((text) => `${source.path}:${found.line} ${text}`),
    ),
  );
  return {
    problems: [
      ...homeless.map(({ path }) => `${path} is in no row of the import table (scripts/check-import-table.ts)`),
      ...problems,
      ...checkMap(),
    ],
    notes: [],
  };
}

/** Imports between files of the repository. */
export function importEdges(sources: readonly Source[]): readonly Edge[] {
  return sources.flatMap((source) =>
    scanImports(source).flatMap((found): readonly Edge[] => {
      const target = resolveTarget(source.path, found.specifier);
      return target.kind === "file" ? [{ from: source.path, to: target.path, isType: found.isType }] : [];
    }),
  );
}

function resolveTarget(from: string, specifier: string): Target {
  const plain = specifier.split("?")[0] ?? specifier;
  if (plain.startsWith(".")) return { kind: "file", path: posix.join(posix.dirname(from), plain) };
  if (ALIAS.test(plain)) return { kind: "file", path: plain.slice(1) };
  if (plain.startsWith("node:") || builtinModules.includes(plain)) return { kind: "node" };
  const parts = plain.split("/");
  return { kind: "package", name: parts.slice(0, plain.startsWith("@") ? 2 : 1).join("/") };
}

function judge(from: string, found: Import): readonly string[] {
  const problems: string[] = [];
  const target = resolveTarget(from, found.specifier);
  if (found.isBarrel) problems.push(`exports all of "${found.specifier}": list the names`);
  if (target.kind === "node" && !found.specifier.startsWith("node:"))
    problems.push(`"${found.specifier}" lacks "node:"`);
  if (target.kind === "file") problems.push(...judgeSpelling(from, found.specifier, target.path));
  const row = rowOf(from);
  if (row !== undefined && !isAllowed(row, target, found.isType)) {
    problems.push(
      `imports ${found.isType ? "a type of " : ""}"${found.specifier}", which ${row.from} may not (see ARCHITECTURE.md)`,
    );
  }
  return problems;
}

function judgeSpelling(from: string, specifier: string, path: string): readonly string[] {
  const crosses = topFolder(from) !== topFolder(path);
  const hasAlias = ALIAS.test(`#${path}`);
  if (crosses && hasAlias && specifier.startsWith("."))
    return [`imports "${specifier}": write "#${path}" across top-level folders`];
  // Tests mirror the tree and lie deep: they may name their support by alias.
  if (!crosses && specifier.startsWith("#") && topFolder(from) !== "test")
    return [`imports "${specifier}": write a relative path inside one top-level folder`];
  if (!existsSync(join(ROOT, path)) && !path.startsWith("dist/"))
    return [`imports "${specifier}", which is no file: write it with its extension`];
  return [];
}

function topFolder(path: string): string {
  return path.split("/")[0] ?? path;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function rowOf(path: string): ImportRow | undefined {
  return IMPORT_TABLE.filter((row) => isWithin(path, row.from)).sort((a, b) => b.from.length - a.from.length)[0];
}

function isAllowed(row: ImportRow, target: Target, isType: boolean): boolean {
  if (target.kind === "node") return row.may.includes("node:");
  if (target.kind === "package") return row.may.some((entry) => allowsPackage(entry, target.name));
  if (rowOf(target.path)?.from === row.from) return true;
  return row.may.some((entry) =>
    entry.startsWith("types:") ? isType && isWithin(target.path, entry.slice(6)) : isWithin(target.path, entry),
  );
}

function allowsPackage(entry: string, name: string): boolean {
  if (entry === "npm") return name !== "electron";
  return entry === name || (entry.endsWith("/*") && name.startsWith(entry.slice(0, -1)));
}

/** The table as ARCHITECTURE.md shows it. */
function renderTable(): string {
  const rows = IMPORT_TABLE.map((row) => `| \`${row.from}\` | ${row.may.map(renderEntry).join(", ") || "nothing"} |`);
  return [
    "<!-- import table -->",
    "",
    "| From | May import |",
    "| --- | --- |",
    ...rows,
    "",
    "<!-- end of import table -->",
  ].join("\n");
}

function renderEntry(entry: string): string {
  if (entry === "node:") return "`node:*`";
  if (entry === "npm") return "npm packages but `electron`";
  return entry.startsWith("types:") ? `types of \`${entry.slice(6)}\`` : `\`${entry}\``;
}

function checkMap(): readonly string[] {
  const shown = TABLE_PLACE.exec(readMap())?.[0] ?? "";
  if (withoutPadding(shown) === withoutPadding(renderTable())) return [];
  return [`${MAP_FILE} does not show the import table as it is: run node scripts/check-imports.ts --write`];
}

function withoutPadding(table: string): string {
  return table.replaceAll(/-{2,}/g, "--").replaceAll(/ +/g, " ");
}

function readMap(): string {
  return existsSync(join(ROOT, MAP_FILE)) ? readFileSync(join(ROOT, MAP_FILE), "utf8") : "";
}

if (import.meta.main) {
  if (process.argv.includes("--write"))
    writeFileSync(join(ROOT, MAP_FILE), readMap().replace(TABLE_PLACE, renderTable()));
  printFindings(checkImports(readSources()));
}
