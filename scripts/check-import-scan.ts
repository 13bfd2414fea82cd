import ts from "typescript";
import type { Source } from "./check-sources.ts";

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Gone when types are stripped. */
  readonly isType: boolean;
  /** `export * from`. */
  readonly isBarrel: boolean;
}

const SVELTE_SCRIPT = /<script\b[^>]*>([\s\S]*?)<\/script>/g;

/** Every import of a file: `import`, `export … from`, `import()` with a literal, `import("…")` in types. */
export function scanImports(source: Source): readonly Import[] {
  if (!source.path.endsWith(".svelte")) return scanScript(source.text, 0);
  return [...source.text.matchAll(SVELTE_SCRIPT)].flatMap((match) => {
    const script = match[1] ?? "";
    const before = source.text.slice(0, match.index + match[0].indexOf(script));
    return scanScript(script, before.split("\n").length - 1);
  });
}

function scanScript(text: string, linesBefore: number): readonly Import[] {
  const file = ts.createSourceFile("script.ts", text, ts.ScriptTarget.Latest, false);
  const found: Import[] = [];
  const add = (node: ts.Node, literal: ts.Node | undefined, isType: boolean, isBarrel = false): void => {
    if (literal === undefined || !ts.isStringLiteral(literal)) return;
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 + linesBefore;
    found.push({ specifier: literal.text, line, isType, isBarrel });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeImport(node.importClause));
    if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly, node.exportClause === undefined);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}
