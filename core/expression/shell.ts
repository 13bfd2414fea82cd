import { err, ok, type Result } from "../base/result.ts";
import { PLACE, readPowerShellContexts, readShellContexts, type PlaceContext } from "./shell-context.ts";

export type Shell = "sh" | "bash" | "pwsh";

/** One word for the shell, whatever the text holds but NUL. */
export function quoteForShell(text: string, shell: Shell): string {
  if (shell !== "pwsh") return `'${text.replaceAll("'", `'\\''`)}'`;
  // PowerShell takes the typographic single quotes for the plain one, and two of any for one inside.
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}

interface Part {
  readonly kind: "text" | "value";
  readonly text: string;
}

/**
 * Joins the parts of a script. Values stand in assignments at its start, single-quoted, and the places read the variables: so a value
 * is never read as code, not even in double quotes, comments or here-documents. Fails where a place cannot be read at all.
 */
export function renderScript(parts: readonly Part[], shell: Shell): Result<string, string> {
  const contexts = placeContexts(parts, shell);
  const assignments: string[] = [];
  let script = "";
  for (const part of parts) {
    if (part.kind === "text") {
      script += part.text;
      continue;
    }
    const context = contexts[assignments.length] ?? "word";
    const refusal = describeRefusal(context);
    if (refusal !== null) return err(refusal);
    if (part.text.includes("\0")) return err("a value with a NUL character cannot be given to a shell");
    const name = `lanweave_${assignments.length + 1}`;
    assignments.push(`${shell === "pwsh" ? "$" : ""}${name}=${quoteForShell(part.text, shell)}; `);
    script += context === "quoted" ? `\${${name}}` : `"\${${name}}"`;
  }
  return ok(assignments.join("") + script);
}

/** Where in the script each of its values stands, in order. */
export function placeContexts(parts: readonly Part[], shell: Shell): readonly PlaceContext[] {
  const script = parts.map((part) => (part.kind === "text" ? part.text.replaceAll(PLACE, " ") : PLACE)).join("");
  return shell === "pwsh" ? readPowerShellContexts(script) : readShellContexts(script);
}

/** Why a place cannot stand in such a context, or null when it can. */
export function describeRefusal(context: PlaceContext): string | null {
  switch (context) {
    case "literal":
      return "{{ }} stands inside single quotes, where the value would become part of another program; pass it outside of them, for awk as: awk -v x={{ … }} '…'";
    case "arithmetic":
      return "{{ }} stands inside $(( )), where the shell would read the value as a formula; calculate inside the {{ }} instead";
    case "word":
    case "quoted":
      return null;
  }
}
