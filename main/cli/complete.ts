import type { Command } from "commander";
import * as z from "zod/mini";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { PATH_ARGUMENT, RUN_ARGUMENT, sendIntent } from "./intent.ts";

interface CompleteOptions extends CommonOptions {
  readonly result: string;
}

export function addComplete(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("complete")
      .description("complete a node by hand, with a result")
      .argument(...RUN_ARGUMENT)
      .argument(...PATH_ARGUMENT)
      .requiredOption("--result <json>", "the node's result as JSON: text needs its quotes"),
  ).action((run: string, path: string, options: CompleteOptions) =>
    invocation.run(options, (context) => {
      const result = parseResult(options.result);
      return sendIntent(context, run, "run.complete", (id) => ({ run: id, path, result }), `${path} is completed`);
    }),
  );
}

function parseResult(text: string): z.infer<ReturnType<typeof z.json>> {
  try {
    return z.json().parse(JSON.parse(text));
  } catch (error) {
    const hint = `'"done"', '42' or '{"ok":true}'`;
    throw new CommandError("usage", `--result expects JSON such as ${hint}, found ${text}`, { cause: error });
  }
}
