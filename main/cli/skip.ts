import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { PATH_ARGUMENT, RUN_ARGUMENT, sendIntent } from "./intent.ts";

export function addSkip(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("skip")
      .description("skip a node: what depends on it goes on without its result")
      .argument(...RUN_ARGUMENT)
      .argument(...PATH_ARGUMENT),
  ).action((run: string, path: string, options: CommonOptions) =>
    invocation.run(options, (context) =>
      sendIntent(context, run, "run.skip", (id) => ({ run: id, path }), `${path} is skipped`),
    ),
  );
}
