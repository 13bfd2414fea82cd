import { existsSync } from "node:fs";
import type { Command } from "commander";
import { Option } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withReader } from "./connection.ts";
import { findRun } from "./names.ts";

type GraphFormat = "dot" | "mermaid" | "json" | "yaml";

interface GraphOptions extends CommonOptions {
  readonly format: GraphFormat;
}

export function addGraph(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("graph")
      .description("draw a workflow file, or a run with its states")
      .argument("<file-or-run>", "a workflow file; or a run's id, a unique beginning of it, or last")
      .addOption(new Option("--format <format>").choices(["dot", "mermaid", "json", "yaml"]).default("mermaid")),
  ).action((what: string, options: GraphOptions) =>
    invocation.run(options, (context) => draw(context, what, options.format)),
  );
}

async function draw(context: CommandContext, what: string, format: GraphFormat): Promise<ExitCode> {
  const isFile = existsSync(what) || /\.(ya?ml|json)$/i.test(what);
  if (!isFile) {
    const { text } = await withReader(context, async (client) => {
      const { run } = await findRun(client, what);
      return client.ask("run.graph", { run, format });
    });
    return tellGraph(context, format, text);
  }
  const { readWorkflow, tellProblems } = await import("./workflow-file.ts");
  const { drawDefinition } = await import("#core/monitoring/visualizer.ts");
  const { definition, problems } = readWorkflow(context.dataDir, what);
  if (definition !== null) return tellGraph(context, format, drawDefinition(definition, format));
  tellProblems(context.output, problems);
  return EXIT.usage;
}

function tellGraph({ output }: CommandContext, format: GraphFormat, text: string): ExitCode {
  output.record({ kind: "graph", format, text });
  output.print(text);
  return EXIT.done;
}
