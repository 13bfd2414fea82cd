/** The library's names of its tokens, as they are written. */
const TOKENS: Readonly<Record<string, string>> = {
  EOF: "the end",
  RPAREN: ")",
  LPAREN: "(",
  RBRACKET: "]",
  LBRACKET: "[",
  RBRACE: "}",
  LBRACE: "{",
  COLON: ":",
  COMMA: ",",
  DOT: ".",
  QUESTION: "?",
  IDENTIFIER: "a name",
  NUMBER: "a number",
  STRING: "a text",
};

/** What the expression library, or our own limits, threw: in words for whoever wrote the expression. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const summary = "summary" in error && typeof error.summary === "string" ? error.summary : error.message;
  return explain(summary);
}

function explain(summary: string): string {
  const token = (name: string): string => TOKENS[name] ?? name;
  const expected = /^Expected (\w+), got (\w+)$/.exec(summary);
  if (expected !== null) return `expected ${token(expected[1] ?? "")}, found ${token(expected[2] ?? "")}`;
  const unexpected = /^Unexpected token: (\w+)$/.exec(summary);
  if (unexpected !== null) return `expected a value, found ${token(unexpected[1] ?? "")}`;
  const binary = /^no such overload: (\S+) (\S+) (\S+)$/.exec(summary);
  if (binary !== null) return describeOperands(bare(binary[1]), binary[2] ?? "", bare(binary[3]));
  const call = /^found no matching overload for '(.*)'$/s.exec(summary);
  if (call !== null) return `there is no function ${bare(call[1])}`;
  return summary
    .replace(/^No such key: (.*)$/s, 'there is no "$1" in it')
    .replace(/^Unknown variable: (.*)$/s, '"$1" is not known here');
}

function describeOperands(left: string, operator: string, right: string): string {
  const isText = operator === "+" && (left === "string") !== (right === "string");
  return `"${operator}" does not go with ${left} and ${right}${isText ? "; string(…) makes a number a text" : ""}`;
}

function bare(type: string | undefined): string {
  return (type ?? "").replace(/dyn<(\w+)>/g, "$1");
}
