import { previewRun } from "#core/engine/preview.ts";
import type { LibraryEntry, LibraryText, WorkflowSource } from "#core/ipc/methods.ts";
import type { WorkflowProblem } from "#core/model/problem.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import type { Result } from "#core/base/result.ts";
import type { Library, WorkflowText } from "#core/ports/library.ts";
import { inputsToJsonSchema } from "#core/workflow-file/inputs.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { IntentError } from "./intent-error.ts";
import type { RunBook } from "./run-book.ts";

/** The workflows that can be started: read and checked anew each time, so an edited file is seen at once. */
export class Shelf {
  readonly #library: Library;
  readonly #runs: RunBook;

  constructor(library: Library, runs: RunBook) {
    this.#library = library;
    this.#runs = runs;
  }

  #text(source: WorkflowSource): WorkflowText {
    const found = this.#library.read(source);
    if (!found.ok) throw new IntentError("not-found", found.error);
    return found.value;
  }

  #parse({ text, file }: WorkflowText): Result<WorkflowDefinition, readonly WorkflowProblem[]> {
    return parseWorkflow(text, {
      file,
      resolve: (reference, from) => this.#library.resolve(reference, from),
      checkModule: (module, of) => this.#library.checkModule(module, of),
    });
  }

  /** Throws `IntentError` with every problem in `details` when the file is not sound. */
  definition(source: WorkflowSource): { readonly definition: WorkflowDefinition; readonly folder: string } {
    const text = this.#text(source);
    const parsed = this.#parse(text);
    if (parsed.ok) return { definition: parsed.value, folder: text.folder };
    const first = parsed.error[0];
    const more = parsed.error.length > 1 ? ` (and ${String(parsed.error.length - 1)} more)` : "";
    const message =
      first === undefined ? "not sound" : `${String(first.line)}:${String(first.column)}: ${first.message}`;
    throw new IntentError("invalid-workflow", `${text.file}:${message}${more}`, parsed.error);
  }

  read(source: WorkflowSource): LibraryText {
    const text = this.#text(source);
    const parsed = this.#parse(text);
    if (!parsed.ok) return { text: text.text, problems: parsed.error, inputs: null, preview: null };
    return {
      text: text.text,
      problems: [],
      inputs: inputsToJsonSchema(parsed.value),
      preview: previewRun(parsed.value),
    };
  }

  list(): readonly LibraryEntry[] {
    const newest = this.#newestRuns();
    return this.#library.names().flatMap((name): LibraryEntry[] => {
      const source: WorkflowSource = { kind: "library", name };
      const found = this.#library.read(source);
      if (!found.ok) return [];
      const parsed = this.#parse(found.value);
      if (!parsed.ok) {
        return [{ name, title: name, description: "", nodeCount: 0, source, problems: parsed.error, lastRun: null }];
      }
      const { name: title, description, nodes } = parsed.value;
      return [
        {
          name,
          title,
          description,
          nodeCount: countTasks(nodes),
          source,
          problems: [],
          lastRun: newest.get(title) ?? null,
        },
      ];
    });
  }

  #newestRuns(): ReadonlyMap<string, NonNullable<ReturnType<RunBook["head"]>>> {
    const newest = new Map<string, NonNullable<ReturnType<RunBook["head"]>>>();
    for (const run of this.#runs.ids()) {
      const head = this.#runs.head(run);
      if (head !== null && head.createdAt >= (newest.get(head.workflow)?.createdAt ?? 0))
        newest.set(head.workflow, head);
    }
    return newest;
  }
}

function countTasks(nodes: readonly NodeDefinition[]): number {
  return nodes.reduce((count, node) => count + tasksOf(node), 0);
}

function tasksOf(node: NodeDefinition): number {
  switch (node.type) {
    case "task":
      return 1;
    case "conditional":
      return countTasks(node.then) + countTasks(node.else);
    case "subworkflow":
      return countTasks(node.definition.nodes);
    case "pipeline":
    case "parallel":
    case "loop":
      return countTasks(node.nodes);
  }
}
