/** A stretch of a template: text as it stands, or an expression between `{{` and `}}`. Offsets count from 0 in the template. */
export type Segment =
  | { readonly kind: "text"; readonly text: string; readonly start: number }
  | { readonly kind: "place"; readonly source: string; readonly start: number; readonly sourceStart: number };

export interface ParsedTemplate {
  readonly segments: readonly Segment[];
  /** Where a `{{` without its `}}` stands, or null. */
  readonly unclosedAt: number | null;
}

/** Splits a template at its places. A literal `{{` is written `{{ "{{" }}`. Never throws. Rule FILE-4. */
export function parseTemplate(source: string): ParsedTemplate {
  const segments: Segment[] = [];
  let from = 0;
  for (let open = source.indexOf("{{"); open >= 0; open = source.indexOf("{{", from)) {
    if (open > from) segments.push({ kind: "text", text: source.slice(from, open), start: from });
    const close = findClose(source, open + 2);
    if (close === null) return { segments, unclosedAt: open };
    segments.push({ kind: "place", source: source.slice(open + 2, close), start: open, sourceStart: open + 2 });
    from = close + 2;
  }
  if (from < source.length || segments.length === 0)
    segments.push({ kind: "text", text: source.slice(from), start: from });
  return { segments, unclosedAt: null };
}

/** The offset of the `}}` that ends the place: braces of map literals and braces in strings do not. */
function findClose(source: string, start: number): number | null {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const character = source[at];
    if (character === '"' || character === "'") {
      const end = skipString(source, at);
      if (end === null) return null;
      at = end - 1;
    } else if (character === "{") depth++;
    else if (character === "}" && depth > 0) depth--;
    else if (character === "}" && source[at + 1] === "}") return at;
  }
  return null;
}

/** The offset after the string that starts at `start`, in CEL's forms: single or triple quotes, raw with `r` before. */
function skipString(source: string, start: number): number | null {
  const quote = source[start] ?? "";
  const isTriple = source.startsWith(quote.repeat(3), start);
  const mark = isTriple ? quote.repeat(3) : quote;
  const isRaw = /(?:^|[^A-Za-z0-9_])[bB]?[rR]$/.test(source.slice(Math.max(0, start - 3), start));
  for (let at = start + mark.length; at < source.length; at++) {
    if (source[at] === "\\" && !isRaw) at++;
    else if (source.startsWith(mark, at)) return at + mark.length;
  }
  return null;
}
