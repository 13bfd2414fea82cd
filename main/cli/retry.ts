import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { PATH_ARGUMENT, RUN_ARGUMENT, sendIntent } from "./intent.ts";

export function addRetry(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("retry")
      .description("do a node and everything that depends on it again")
      .argument(...RUN_ARGUMENT)
      .argument(...PATH_ARGUMENT),
  ).action((run: string, path: string, options: CommonOptions) =>
    invocation.run(options, (context) =>
      sendIntent(context, run, "run.retry", (id) => ({ run: id, path }), `${path} starts again`),
    ),
  );
}
