/** Stands for one place of a script while it is read; scripts do not hold this private character otherwise. */
export const PLACE = "\ue000";

/**
 * Where in a script a place stands. `word`: between quotes or in none; `quoted`: inside double quotes or a here-document, where a
 * variable is still read; `literal`: where the shell reads no variables; `arithmetic`: where it would read the value as a formula.
 */
export type PlaceContext = "word" | "quoted" | "literal" | "arithmetic";

type Frame = "plain" | "paren" | "backtick" | "double" | "arithmetic";

interface Heredoc {
  readonly delimiter: string;
  readonly isQuoted: boolean;
  readonly stripsTabs: boolean;
}

/**
 * The context of every place in a script for sh or bash, in order. A shell's grammar has corners this does not follow (`case` inside
 * `$(`); there the context may be wrong, which changes how a value is quoted, never whether it could become code.
 */
export function readShellContexts(script: string): readonly PlaceContext[] {
  const contexts: PlaceContext[] = [];
  const frames: Frame[] = ["plain"];
  const heredocs: Heredoc[] = [];
  let at = 0;

  function top(): Frame {
    return frames.at(-1) ?? "plain";
  }

  function note(from: number, to: number, context: PlaceContext): void {
    for (let index = from; index < to; index++) if (script[index] === PLACE) contexts.push(context);
  }

  function skipTo(end: number, context: PlaceContext): void {
    note(at, end, context);
    at = end;
  }

  function skipSingle(): void {
    const end = script.indexOf("'", at + 1);
    skipTo(end < 0 ? script.length : end + 1, "literal");
  }

  function skipHeredocs(): void {
    at++;
    for (const heredoc of heredocs.splice(0)) {
      while (at < script.length) {
        const newline = script.indexOf("\n", at);
        const end = newline < 0 ? script.length : newline;
        const line = script.slice(at, end);
        const isLast = (heredoc.stripsTabs ? line.replace(/^\t+/, "") : line) === heredoc.delimiter;
        skipTo(Math.min(end + 1, script.length), heredoc.isQuoted ? "literal" : "quoted");
        if (isLast) break;
      }
    }
  }

  function step(): void {
    const rest = script.slice(at, at + 64);
    const frame = top();
    const character = rest[0];
    if (character === PLACE) {
      contexts.push(frame === "double" ? "quoted" : frame === "arithmetic" ? "arithmetic" : "word");
      at++;
    } else if (character === "\\") at += 2;
    else if (rest.startsWith("$((")) push("arithmetic", 3);
    else if (rest.startsWith("$(")) push("paren", 2);
    else if (character === '"') frame === "double" ? pop(1) : push("double", 1);
    else if (character === "`") frame === "backtick" ? pop(1) : push("backtick", 1);
    else if (frame === "double") at++;
    else if (frame === "arithmetic" && rest.startsWith("))")) pop(2);
    else stepPlain(rest, frame);
  }

  function stepPlain(rest: string, frame: Frame): void {
    const character = rest[0];
    if (character === "'") skipSingle();
    else if (character === "(") push(frame === "arithmetic" ? "arithmetic" : "paren", 1);
    else if (character === ")" && frames.length > 1) pop(1);
    else if (character === "#" && isWordStart(script, at)) skipTo(lineEnd(script, at), "word");
    else if (rest.startsWith("<<<")) at += 3;
    else if (rest.startsWith("<<") && frame !== "arithmetic") at += readHeredoc(rest, heredocs);
    else if (character === "\n" && heredocs.length > 0) skipHeredocs();
    else at++;
  }

  function push(frame: Frame, length: number): void {
    frames.push(frame);
    at += length;
  }

  function pop(length: number): void {
    frames.pop();
    at += length;
  }

  while (at < script.length) step();
  return contexts;
}

function readHeredoc(rest: string, heredocs: Heredoc[]): number {
  const match = /^<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|(\\?)([^\s;&|<>()'"]+))/.exec(rest);
  if (match === null) return 2;
  const [whole, dash, single, double, backslash, bare] = match;
  heredocs.push({
    delimiter: single ?? double ?? bare ?? "",
    isQuoted: single !== undefined || double !== undefined || backslash === "\\",
    stripsTabs: dash === "-",
  });
  return whole.length;
}

function isWordStart(script: string, at: number): boolean {
  return at === 0 || /[\s;&|(]/.test(script[at - 1] ?? "");
}

function lineEnd(script: string, at: number): number {
  const end = script.indexOf("\n", at);
  return end < 0 ? script.length : end;
}

/** The same for PowerShell: backticks escape, single quotes and `@'` here-strings read no variables. */
export function readPowerShellContexts(script: string): readonly PlaceContext[] {
  const contexts: PlaceContext[] = [];
  const stretches: readonly (readonly [RegExp, PlaceContext])[] = [
    [/@'[^\n]*\n[^]*?\n'@/y, "literal"],
    [/@"[^\n]*\n[^]*?\n"@/y, "quoted"],
    [/'[^']*(?:'|$)/y, "literal"],
    [/"(?:`[^]|[^"`])*(?:"|$)/y, "quoted"],
    [/#[^\n]*/y, "word"],
    [/`[^]/y, "word"],
    [/[^]/y, "word"],
  ];
  for (let at = 0; at < script.length;) {
    for (const [pattern, context] of stretches) {
      pattern.lastIndex = at;
      const text = pattern.exec(script)?.[0];
      if (text === undefined || text === "") continue;
      for (const character of text) if (character === PLACE) contexts.push(context);
      at += text.length;
      break;
    }
  }
  return contexts;
}
