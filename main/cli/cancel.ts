import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { OPTIONAL_PATH_ARGUMENT, RUN_ARGUMENT, pathOf, sendIntent } from "./intent.ts";

export function addCancel(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("cancel")
      .description("cancel a run or one node: its processes end everywhere")
      .argument(...RUN_ARGUMENT)
      .argument(...OPTIONAL_PATH_ARGUMENT),
  ).action((run: string, path: string | undefined, options: CommonOptions) =>
    invocation.run(options, (context) =>
      sendIntent(
        context,
        run,
        "run.cancel",
        (id) => ({ run: id, ...pathOf(path) }),
        path === undefined ? "the run is cancelled" : `${path} is cancelled`,
      ),
    ),
  );
}
