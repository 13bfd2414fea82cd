import { err, ok, type Result } from "../base/result.ts";

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
 * is never read as code, not even in double quotes, comments or here-documents.
 */
export function renderScript(parts: readonly Part[], shell: Shell): Result<string, string> {
  const assignments: string[] = [];
  let script = "";
  for (const part of parts) {
    if (part.kind === "text") {
      script += part.text;
      continue;
    }
    if (part.text.includes("\0")) return err("a value with a NUL character cannot be given to a shell");
    const name = `lanweave_${assignments.length + 1}`;
    assignments.push(`${shell === "pwsh" ? "$" : ""}${name}=${quoteForShell(part.text, shell)}; `);
    script += `"\${${name}}"`;
  }
  return ok(assignments.join("") + script);
}
