/** A module that the source of another names with a literal. */
export interface ModuleImport {
  readonly specifier: string;
  /** Counts from 1. */
  readonly line: number;
}

interface Token {
  readonly kind: "word" | "text" | "sign";
  /** Of a text: what is between its quotes. */
  readonly value: string;
  readonly line: number;
}

/** Words after which a `/` begins a regular expression, as it does after most signs. */
const BEFORE_REGEX = new Set(
  "return typeof case in of do else void delete throw new await yield instanceof".split(" "),
);

/**
 * The modules that JavaScript or TypeScript names: `import` and `export … from`, `import("…")` and `require("…")` with a literal. Types-only
 * imports are left out, since stripping the types removes them. Never throws: of source that is no JavaScript it returns what looks like it.
 */
export function findImports(source: string): readonly ModuleImport[] {
  const tokens = tokenize(source);
  const found: ModuleImport[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || isSign(tokens[at - 1], ".")) continue;
    const named = namedBy(token.value, tokens, at + 1);
    if (named !== undefined) found.push({ specifier: named.value, line: named.line });
  }
  return found;
}

/** The text that names a module, when an import of any form begins before `at`. */
function namedBy(word: string, tokens: readonly Token[], at: number): Token | undefined {
  const next = tokens[at];
  if (word === "import" && next?.kind === "text") return next;
  if ((word === "import" || word === "require") && isSign(next, "(")) return literalIn(tokens, at + 1);
  if (word !== "import" && word !== "export") return undefined;
  if (next?.kind === "word" && next.value === "type" && !isTypeName(tokens[at + 1])) return undefined;
  if (word === "export" && !isSign(next, "{") && !isSign(next, "*")) return undefined;
  return afterFrom(tokens, at);
}

/** `import type from "x"` and `import type, { y } from "x"` bring in a value whose name is "type". */
function isTypeName(next: Token | undefined): boolean {
  return isSign(next, ",") || (next?.kind === "word" && next.value === "from");
}

function afterFrom(tokens: readonly Token[], from: number): Token | undefined {
  let isInside = false;
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) return undefined;
    if (isSign(token, "{")) isInside = true;
    else if (isSign(token, "}")) isInside = false;
    else if (!isInside && token.kind === "word" && token.value === "from") return textAt(tokens, at + 1);
    else if (token.kind === "sign" && token.value !== "," && token.value !== "*") return undefined;
    else if (!isInside && token.kind === "text") return undefined;
  }
  return undefined;
}

/** The one argument, or the first, when it is a text and not a part of an expression. */
function literalIn(tokens: readonly Token[], at: number): Token | undefined {
  const after = tokens[at + 1];
  return isSign(after, ")") || isSign(after, ",") ? textAt(tokens, at) : undefined;
}

function textAt(tokens: readonly Token[], at: number): Token | undefined {
  const token = tokens[at];
  return token?.kind === "text" ? token : undefined;
}

function isSign(token: Token | undefined, value: string): boolean {
  return token?.kind === "sign" && token.value === value;
}

/** Of one alternative each: space, comments, words, texts, templates' beginnings, and any other sign. */
const TOKEN =
  /(?<space>\s+|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<word>[\p{ID_Start}$_#0-9][\p{ID_Continue}$\u200c\u200d]*)|"(?<double>(?:[^"\\\n]|\\[^])*)"|'(?<single>(?:[^'\\\n]|\\[^])*)'|(?<sign>[^])/uy;
/** A regular expression, of which a `/` was read. Classes may hold a bare `/`. */
const REGEX = /(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** The text of a template up to its end or its next place. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{|$)/y;

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  /** For each template around this place: how many braces are open in it. */
  const templates: number[] = [];
  let line = 1;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) return null;
    at = pattern.lastIndex;
    line += match[0].split("\n").length - 1;
    return match;
  };
  const takeTemplate = (): void => {
    if (take(TEMPLATE)?.[0].endsWith("${") === true) templates.push(0);
  };
  while (at < source.length) {
    const startLine = line;
    const groups = take(TOKEN)?.groups;
    if (groups?.["space"] !== undefined) continue;
    const text = groups?.["double"] ?? groups?.["single"];
    const sign = groups?.["sign"];
    if (text !== undefined) tokens.push({ kind: "text", value: text, line: startLine });
    else if (sign === undefined) tokens.push({ kind: "word", value: groups?.["word"] ?? "", line: startLine });
    else if (sign === "`") takeTemplate();
    else if (sign === "/" && mayBeginRegex(tokens.at(-1))) take(REGEX);
    else if (sign === "}" && templates.at(-1) === 0) {
      templates.pop();
      takeTemplate();
    } else {
      const open = templates.at(-1);
      if (open !== undefined && (sign === "{" || sign === "}"))
        templates.push((templates.pop() ?? 0) + (sign === "{" ? 1 : -1));
      tokens.push({ kind: "sign", value: sign, line: startLine });
    }
  }
  return tokens;
}

function mayBeginRegex(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_REGEX.has(before.value);
  return before.kind === "sign" && before.value !== ")" && before.value !== "]" && before.value !== "}";
}
