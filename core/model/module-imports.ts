import { type Token, Tokens } from "./module-tokens.ts";

/** A module that the source of another names with a literal. */
export interface ModuleImport {
  readonly specifier: string;
  /** Counts from 1. */
  readonly line: number;
}

/**
 * The modules that JavaScript or TypeScript names: `import` and `export … from`, `import("…")` and `require("…")` with a literal. Types-only
 * imports are left out, since stripping the types removes them. Never throws: of source that is no JavaScript it returns what looks like it.
 */
export function findImports(source: string): readonly ModuleImport[] {
  const tokens = new Tokens(source);
  const found: ModuleImport[] = [];
  for (;;) {
    const isMember = isSign(tokens.last, ".");
    const token = tokens.take();
    if (token === undefined) return found;
    if (token.kind !== "word" || isMember) continue;
    const named = namedBy(token.value, tokens);
    if (named !== undefined) found.push({ specifier: named.value, line: named.line });
  }
}

/** The text that names a module, when a word begins an import of any form. What was looked at for it is taken. */
function namedBy(word: string, tokens: Tokens): Token | undefined {
  const next = tokens.peek();
  switch (word) {
    case "import":
      if (next?.kind === "text") return tokens.take();
      if (isSign(next, "(")) return namedByCall(tokens);
      return isTypesOnly(tokens) ? undefined : afterFrom(tokens);
    case "export":
      return isSign(next, "{") || isSign(next, "*") ? afterFrom(tokens) : undefined;
    case "require":
      return isSign(next, "(") ? namedByCall(tokens) : undefined;
    default:
      return undefined;
  }
}

/** The one argument of a call, or the first, when it is a text and not a part of an expression. */
function namedByCall(tokens: Tokens): Token | undefined {
  tokens.take();
  if (tokens.peek()?.kind !== "text") return undefined;
  const text = tokens.take();
  const after = tokens.peek();
  return isSign(after, ")") || isSign(after, ",") ? text : undefined;
}

/** `import type from "x"` and `import type, { y } from "x"` bring in a value whose name is "type". */
function isTypesOnly(tokens: Tokens): boolean {
  if (!isWord(tokens.peek(), "type")) return false;
  tokens.take();
  const next = tokens.peek();
  return !isSign(next, ",") && !isWord(next, "from");
}

/** What is between `import` or `export` and `from`: names, lists of names in braces, `*`, and commas. */
function afterFrom(tokens: Tokens): Token | undefined {
  for (;;) {
    const next = tokens.peek();
    if (isWord(next, "from")) {
      tokens.take();
      if (tokens.peek()?.kind === "text") return tokens.take();
    } else if (isSign(next, "{")) {
      if (!takeList(tokens) || !isWord(tokens.peek(), "from")) return undefined;
    } else if (isSign(next, ",") || isSign(next, "*")) tokens.take();
    else if (next?.kind !== "word" || next.value === "import" || next.value === "export") return undefined;
    else tokens.take();
  }
}

/** A list of names up to its brace. False when it is none. */
function takeList(tokens: Tokens): boolean {
  tokens.take();
  for (;;) {
    const next = tokens.peek();
    if (next === undefined || (next.kind === "sign" && next.value !== "," && next.value !== "}")) return false;
    tokens.take();
    if (isSign(next, "}")) return true;
  }
}

function isSign(token: Token | undefined, value: string): boolean {
  return token?.kind === "sign" && token.value === value;
}

function isWord(token: Token | undefined, value: string): boolean {
  return token?.kind === "word" && token.value === value;
}
