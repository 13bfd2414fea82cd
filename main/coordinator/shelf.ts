import { previewRun } from "#core/engine/preview.ts";
import type { LibraryEntry, LibraryText } from "#core/ipc/library-methods.ts";
import type { WorkflowSource } from "#core/ipc/params.ts";
import type { NodeDefinition, WorkflowDefinition } from "#core/model/workflow.ts";
import type { Library, LibraryKeeping, WorkflowText } from "#core/ports/library.ts";
import { inputsToJsonSchema } from "#core/workflow-file/inputs.ts";
import type { CheckedWorkflow } from "#core/workflow-file/parse.ts";
import { checkWorkflow } from "#core/workflow-file/parse.ts";
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

  #check({ text, file }: WorkflowText): CheckedWorkflow {
    return checkWorkflow(text, {
      file,
      resolve: (reference, from) => this.#library.resolve(reference, from),
      checkModule: (module, of) => this.#library.checkModule(module, of),
    });
  }

  /** Throws `IntentError` with every problem in `details` when the file is not sound. */
  definition(source: WorkflowSource): { readonly definition: WorkflowDefinition; readonly folder: string } {
    const text = this.#text(source);
    const { definition, problems } = this.#check(text);
    if (definition !== null) return { definition, folder: text.folder };
    const errors = problems.filter(({ severity }) => severity === "error");
    const first = errors[0];
    const more = errors.length > 1 ? ` (and ${String(errors.length - 1)} more)` : "";
    const message =
      first === undefined ? "not sound" : `${String(first.line)}:${String(first.column)}: ${first.message}`;
    throw new IntentError("invalid-workflow", `${text.file}:${message}${more}`, problems);
  }

  read(source: WorkflowSource): LibraryText {
    return this.#describe(this.#text(source));
  }

  /** Where a text would stand decides what its references mean. */
  check(name: string, text: string): LibraryText {
    const there = this.#library.read({ kind: "library", name });
    const place = there.ok ? there.value : { file: `${name}.yaml`, folder: "", isOwn: true };
    return this.#describe({ ...place, text });
  }

  async save(name: string, text: string, expected: string | null): Promise<{ readonly name: string }> {
    const saved = await this.#keeping().save(name, text, expected);
    if (!saved.ok) throw new IntentError(saved.error.code, saved.error.message);
    return { name };
  }

  async remove(name: string): Promise<{ readonly kept: string }> {
    const removed = await this.#keeping().remove(name);
    if (!removed.ok) throw new IntentError(removed.error.code, removed.error.message);
    return { kept: removed.value };
  }

  async restore(kept: string): Promise<{ readonly name: string }> {
    const restored = await this.#keeping().restore(kept);
    if (!restored.ok) throw new IntentError(restored.error.code, restored.error.message);
    return { name: restored.value };
  }

  #keeping(): LibraryKeeping {
    const { keeping } = this.#library;
    if (keeping === null) throw new IntentError("not-own", "this library can only be read");
    return keeping;
  }

  #describe(found: WorkflowText): LibraryText {
    const { text, isOwn } = found;
    const { definition, problems } = this.#check(found);
    if (definition === null) return { text, problems, isOwn, inputs: null, preview: null };
    return { text, problems, isOwn, inputs: inputsToJsonSchema(definition), preview: previewRun(definition) };
  }

  list(): readonly LibraryEntry[] {
    const newest = this.#newestRuns();
    return this.#library.names().flatMap((name): LibraryEntry[] => {
      const source: WorkflowSource = { kind: "library", name };
      const found = this.#library.read(source);
      if (!found.ok) return [];
      const { isOwn } = found.value;
      const { definition, problems } = this.#check(found.value);
      if (definition === null)
        return [{ name, title: name, description: "", nodeCount: 0, source, problems, lastRun: null, isOwn }];
      const { name: title, description, nodes } = definition;
      const lastRun = newest.get(title) ?? null;
      return [{ name, title, description, nodeCount: countTasks(nodes), source, problems, lastRun, isOwn }];
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
