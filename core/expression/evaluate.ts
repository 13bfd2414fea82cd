import type { Json, JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { NodeFailure } from "../model/run.ts";
import type { Expression, Template, TemplateTree } from "../model/workflow.ts";
import { compile, type Program } from "./compile.ts";
import { explainError } from "./explain.ts";
import { MAX_TEXT_LENGTH } from "./limits.ts";
import type { ScopeValues } from "./scope.ts";
import { renderScript, type Shell } from "./shell.ts";
import { parseTemplate, type ParsedTemplate } from "./template.ts";

/** Only a memo: a definition's expressions are parsed once however many items they run for, and go when it goes. */
const programs = new WeakMap<Expression, Program>();
const templates = new WeakMap<Template, CompiledTemplate>();

type CompiledTemplate =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly expression: Expression }
  | { readonly kind: "mixed"; readonly parts: readonly (string | Expression)[] };

/**
 * The value of an expression over a scope, as plain JSON. Fails with code `expression` and a message that names the expression:
 * a name or key that is not there, operands of the wrong types, too much work, a result JSON cannot hold. Does not throw. Rule FILE-5.
 */
export function evaluateExpression(expression: Expression, scope: ScopeValues): Result<Json, NodeFailure> {
  try {
    let program = programs.get(expression);
    if (program === undefined) programs.set(expression, (program = compile(expression.source)));
    return ok(program(scope));
  } catch (error) {
    return fail(`in the expression "${shorten(expression.source)}": ${explainError(error)}`);
  }
}

/** A template's value: of one place that is the whole template, with its type; otherwise text. Rule FILE-4. */
export function renderTemplate(template: Template, scope: ScopeValues): Result<Json, NodeFailure> {
  const compiled = compileTemplate(template);
  if (!compiled.ok) return compiled;
  if (compiled.value.kind === "value") return evaluateExpression(compiled.value.expression, scope);
  return renderText(template, scope);
}

/** A template as text: strings as they are, numbers and booleans plainly, null as nothing, lists and maps as JSON. */
export function renderText(template: Template, scope: ScopeValues): Result<string, NodeFailure> {
  return renderParts(template, scope, (parts) => ok(parts.map((part) => part.text).join("")));
}

/**
 * A shell script: the value of every place is one word, in double quotes part of one, and never code, whatever it holds. The values
 * are assigned to variables at the script's very start, and the places read these. Rule FILE-4.
 */
export function renderShell(template: Template, scope: ScopeValues, shell: Shell = "sh"): Result<string, NodeFailure> {
  return renderParts(template, scope, (parts) => {
    const script = renderScript(parts, shell);
    return script.ok ? script : fail(`in "${shorten(template.source)}": ${script.error}`);
  });
}

/** A tree of templates: every text is rendered, maps and lists keep their shape. */
export function renderTree(tree: TemplateTree, scope: ScopeValues): Result<Json, NodeFailure> {
  if (tree === null || typeof tree !== "object") return ok(tree);
  if (isList(tree)) return collect(tree.map((item) => renderTree(item, scope)));
  if (tree.kind === "template") return renderTemplate(tree, scope);
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(tree.entries)) {
    const rendered = renderTree(item, scope);
    if (!rendered.ok) return rendered;
    entries.push([key, rendered.value]);
  }
  const object: JsonObject = Object.fromEntries(entries);
  return ok(object);
}

/** The text a value has inside other text. */
export function toText(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

/** A part of a rendered template, and whether it came from the template itself or from a value. */
export interface RenderedPart {
  readonly kind: "text" | "value";
  readonly text: string;
}

function renderParts(
  template: Template,
  scope: ScopeValues,
  join: (parts: readonly RenderedPart[]) => Result<string, NodeFailure>,
): Result<string, NodeFailure> {
  const compiled = compileTemplate(template);
  if (!compiled.ok) return compiled;
  const parts: RenderedPart[] = [];
  let length = 0;
  for (const part of toParts(compiled.value)) {
    if (typeof part === "string") parts.push({ kind: "text", text: part });
    else {
      const value = evaluateExpression(part, scope);
      if (!value.ok) return value;
      parts.push({ kind: "value", text: toText(value.value) });
    }
    length += parts.at(-1)?.text.length ?? 0;
    if (length > MAX_TEXT_LENGTH)
      return fail(`"${shorten(template.source)}" is longer than ${MAX_TEXT_LENGTH} characters`);
  }
  return join(parts);
}

function toParts(compiled: CompiledTemplate): readonly (string | Expression)[] {
  if (compiled.kind === "text") return [compiled.text];
  return compiled.kind === "value" ? [compiled.expression] : compiled.parts;
}

function compileTemplate(template: Template): Result<CompiledTemplate, NodeFailure> {
  const known = templates.get(template);
  if (known !== undefined) return ok(known);
  const parsed = parseTemplate(template.source);
  if (parsed.unclosedAt !== null) return fail(`in "${shorten(template.source)}": a {{ without }}`);
  const compiled = toCompiled(parsed);
  templates.set(template, compiled);
  return ok(compiled);
}

function toCompiled({ segments }: ParsedTemplate): CompiledTemplate {
  const parts = segments.map((segment): string | Expression =>
    segment.kind === "text" ? segment.text : { kind: "expression", source: segment.source },
  );
  const [first] = parts;
  if (parts.length > 1 || first === undefined) return { kind: "mixed", parts };
  return typeof first === "string" ? { kind: "text", text: first } : { kind: "value", expression: first };
}

function collect(results: readonly Result<Json, NodeFailure>[]): Result<Json, NodeFailure> {
  const values: Json[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}

function isList(tree: TemplateTree): tree is readonly TemplateTree[] {
  return Array.isArray(tree);
}

function fail(message: string): { readonly ok: false; readonly error: NodeFailure } {
  return err({ code: "expression", message });
}

const MAX_SHOWN = 120;

function shorten(source: string): string {
  const text = source.trim().replace(/\s+/g, " ");
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
