import { defined } from "#core/base/assert.ts";
import { ok } from "#core/base/result.ts";
import type { BuiltSource, RunSource, WorkflowSource } from "#core/ipc/params.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { Library } from "#core/ports/library.ts";
import { parseWorkflow } from "#core/workflow-file/parse.ts";
import { IntentError } from "./intent-error.ts";

/** A workflow that a program has built, checked as if it lay in its folder. Throws `IntentError` with every problem in `details`. */
export function readBuilt(
  source: BuiltSource,
  library: Library,
): { readonly definition: WorkflowDefinition; readonly folder: string } {
  const { folder, files } = source;
  const texts = new Map(files.map(({ name, text }) => [name, text]));
  const parsed = parseWorkflow(mainFile(source).text, {
    file: toPath(source, mainFile(source).name),
    resolve(reference, from) {
      const text = texts.get(reference);
      return text === undefined ? library.resolve(reference, from) : ok({ file: toPath(source, reference), text });
    },
    checkModule: (module, file) => library.checkModule(module, file),
  });
  if (parsed.ok) return { definition: parsed.value, folder };
  const message = parsed.error.map((problem) => problem.message).join("; ");
  throw new IntentError("invalid-workflow", message, parsed.error);
}

/** Where a workflow is to be thought of as lying: a built one in its folder. */
export function toFileSource(source: RunSource): WorkflowSource {
  return source.kind === "built" ? { kind: "file", file: toPath(source, mainFile(source).name) } : source;
}

function mainFile({ files }: BuiltSource): BuiltSource["files"][number] {
  return defined(files[0], "the text of the workflow");
}

/** No file has this name, but what is looked for beside it is looked for in the folder. */
function toPath({ folder }: BuiltSource, name: string): string {
  return `${folder}/${name.replaceAll(/[/\\]/g, ":")}`;
}
