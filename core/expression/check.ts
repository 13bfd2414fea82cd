import { analyse, type Analysis, type ExpressionProblem } from "./analyse.ts";
import { checkReference } from "./check-names.ts";
import { checkTypes, toProblem } from "./check-types.ts";
import { createEnvironment } from "./environment.ts";
import { MAX_EXPRESSION_LENGTH } from "./limits.ts";
import type { ScopeTypes, ValueType } from "./scope-types.ts";
import { describeRefusal, placeContexts, type Shell } from "./shell.ts";
import { parseTemplate, type Segment } from "./template.ts";

const syntax = createEnvironment();

/**
 * Everything wrong with an expression at such a place: syntax, unknown names, inputs, variables, nodes and fields, operands of types
 * that never fit. Offsets count from 0 in `source`. `wanted` adds what the value must be. Does not throw.
 */
export function checkExpression(
  source: string,
  scope: ScopeTypes,
  wanted: ValueType = "any",
): readonly ExpressionProblem[] {
  const whole = { start: 0, end: source.length };
  if (source.trim() === "") return [{ ...whole, message: "expected an expression, found nothing", suggestion: null }];
  if (source.length > MAX_EXPRESSION_LENGTH)
    return [
      {
        ...whole,
        message: `an expression has at most ${MAX_EXPRESSION_LENGTH} characters, this one has ${source.length}`,
        suggestion: null,
      },
    ];
  let analysis: Analysis;
  try {
    analysis = analyse(syntax.parse(source).ast);
  } catch (error) {
    return [toProblem(error, source)];
  }
  const problems = [
    ...analysis.problems,
    ...analysis.references.flatMap((reference) => checkReference(reference, scope, source)),
  ];
  if (problems.length > 0) return problems;
  return checkTypes(source, scope, wanted);
}

/** The same for every place of a template; offsets count in the whole template. */
export function checkTemplate(source: string, scope: ScopeTypes): readonly ExpressionProblem[] {
  return parseTemplateProblems(source, scope).problems;
}

/** The same for a script: its places must also stand where the shell reads a value as a word. Rule FILE-4. */
export function checkScript(source: string, scope: ScopeTypes, shell: Shell): readonly ExpressionProblem[] {
  const { segments, problems } = parseTemplateProblems(source, scope);
  const contexts = placeContexts(
    segments.map((segment) => (segment.kind === "text" ? segment : { kind: "value", text: "" })),
    shell,
  );
  const places = segments.filter((segment) => segment.kind === "place");
  const misplaced = places.flatMap((place, index) => {
    const message = describeRefusal(contexts[index] ?? "word");
    const end = place.sourceStart + place.source.length + 2;
    return message === null ? [] : [{ message, suggestion: null, start: place.start, end }];
  });
  return [...problems, ...misplaced];
}

function parseTemplateProblems(
  source: string,
  scope: ScopeTypes,
): { readonly segments: readonly Segment[]; readonly problems: readonly ExpressionProblem[] } {
  const { segments, unclosedAt } = parseTemplate(source);
  const problems: ExpressionProblem[] = [];
  for (const segment of segments) {
    if (segment.kind === "text") continue;
    for (const problem of checkExpression(segment.source, scope))
      problems.push({ ...problem, start: problem.start + segment.sourceStart, end: problem.end + segment.sourceStart });
  }
  if (unclosedAt !== null)
    problems.push({
      message: 'expected }} after {{; a literal {{ is written {{ "{{" }}',
      suggestion: null,
      start: unclosedAt,
      end: source.length,
    });
  return { segments, problems };
}
