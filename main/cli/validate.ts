import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";

export function addValidate(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("validate")
      .description("check workflow files and name every problem with its place")
      .argument("<files...>", "workflow files, YAML or JSON, or names of the library"),
  ).action((files: string[], options: CommonOptions) => invocation.run(options, (context) => validate(context, files)));
}

async function validate({ output, dataDir }: CommandContext, files: readonly string[]): Promise<ExitCode> {
  const { readWorkflow, tellProblems } = await import("./workflow-file.ts");
  let errorCount = 0;
  let warningCount = 0;
  for (const file of files) {
    const { definition, problems } = readWorkflow(dataDir, file);
    tellProblems(output, problems);
    if (definition !== null) output.note(`${file}: sound, workflow ${definition.name}`);
    const errors = problems.filter(({ severity }) => severity === "error").length;
    errorCount += errors;
    warningCount += problems.length - errors;
  }
  if (warningCount > 0) output.note(warningCount === 1 ? "1 warning" : `${warningCount} warnings`);
  if (errorCount === 0) return EXIT.done;
  output.note(errorCount === 1 ? "1 problem" : `${errorCount} problems`);
  return EXIT.usage;
}
