import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { HighlightStyle } from "@codemirror/language";
import type { Diagnostic } from "@codemirror/lint";
import type { Text as DocumentText } from "@codemirror/state";
import type { Extension } from "@codemirror/state";
import { EditorView, hoverTooltip } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { WorkflowProblem } from "#core/model/problem.ts";
import { suggest } from "#core/workflow-file/suggest.ts";

type Documentation = Readonly<Record<string, string>>;

/** The colours of a workflow's text, from the window's tokens. */
export const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--state-completed)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--state-queued)" },
  { tag: tags.comment, color: "var(--text-muted)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--text-muted)" },
]);

export const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface-sunken)", color: "var(--text-muted)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--hover)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)",
  },
  ".cm-tooltip": {
    maxWidth: "420px",
    padding: "2px",
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    backgroundColor: "var(--surface-raised)",
    color: "var(--text)",
    boxShadow: "var(--shadow)",
    font: "13px/18px var(--font)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "240px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionInfo": { padding: "6px 8px" },
  ".cm-key-note": { padding: "6px 8px" },
  ".cm-panels": { backgroundColor: "var(--surface-raised)", color: "var(--text)" },
  ".cm-panel button, .cm-panel input": { font: "inherit", color: "inherit", backgroundColor: "var(--surface)" },
  ".cm-diagnostic": { padding: "6px 8px" },
  ".cm-lintRange-error": { textDecoration: "underline wavy var(--danger)", backgroundImage: "none" },
  ".cm-lintRange-warning": { textDecoration: "underline wavy var(--warning)", backgroundImage: "none" },
});

/** What may be written where the cursor is. */
export function completeFrom(documentation: Documentation) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const found = suggest(state.doc.toString(), pos);
    if (found === null || (found.from === pos && !explicit && found.kind === "key")) return null;
    const options = found.options.map((label): Completion => {
      const info = documentation[label];
      const shared = { label, type: found.kind === "key" ? "property" : "constant" };
      if (found.kind !== "key") return shared;
      return info === undefined ? { ...shared, apply: `${label}: ` } : { ...shared, apply: `${label}: `, info };
    });
    return { from: found.from, options, validFor: /^[\w-]*$/ };
  };
}

/** What a key means, where the pointer rests on it. */
export function explainKeys(documentation: () => Documentation): Extension {
  return hoverTooltip((view, position) => {
    const line = view.state.doc.lineAt(position);
    for (const match of line.text.matchAll(/([A-Za-z]+):/g)) {
      const from = line.from + match.index;
      const [, key = ""] = match;
      const note = documentation()[key];
      if (note === undefined || position < from || position > from + key.length) continue;
      return {
        pos: from,
        end: from + key.length,
        above: true,
        create: () => {
          const dom = document.createElement("div");
          dom.className = "cm-key-note";
          const name = document.createElement("strong");
          name.textContent = key;
          dom.append(name, ` ${note}`);
          return { dom };
        },
      };
    }
    return null;
  });
}

/** Problems of the parser, at their places. A suggestion of one word can be taken by a press. */
export function toDiagnostics(document: DocumentText, problems: readonly WorkflowProblem[]): Diagnostic[] {
  return problems.map((problem): Diagnostic => {
    const line = document.line(Math.min(Math.max(problem.line, 1), document.lines));
    const from = Math.min(line.from + problem.column - 1, line.to);
    const word = /^[\w.-]+/.exec(document.sliceString(from, line.to))?.[0] ?? "";
    const to = Math.max(from + word.length, Math.min(from + 1, line.to));
    const { suggestion } = problem;
    const better = suggestion === null ? null : suggestion.replace(/^[`“]|[`”]$/g, "");
    const message = better === null ? problem.message : `${problem.message} → ${better}`;
    const fix = {
      name: better ?? "",
      apply: (view: EditorView, start: number, end: number) =>
        view.dispatch({ changes: { from: start, to: end, insert: better ?? "" } }),
    };
    return {
      from,
      to,
      severity: problem.severity,
      message,
      ...(better !== null && word !== "" ? { actions: [fix] } : {}),
    };
  });
}
