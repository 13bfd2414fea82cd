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
  let problemCount = 0;
  for (const file of files) {
    const parsed = readWorkflow(dataDir, file);
    if (parsed.ok) output.note(`${file}: sound, workflow ${parsed.value.name}`);
    else {
      tellProblems(output, parsed.error);
      problemCount += parsed.error.length;
    }
  }
  if (problemCount === 0) return EXIT.done;
  output.note(problemCount === 1 ? "1 problem" : `${problemCount} problems`);
  return EXIT.usage;
}
