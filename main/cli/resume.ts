import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { OPTIONAL_PATH_ARGUMENT, RUN_ARGUMENT, pathOf, sendIntent } from "./intent.ts";

export function addResume(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("resume")
      .description("resume a paused run, or one paused node")
      .argument(...RUN_ARGUMENT)
      .argument(...OPTIONAL_PATH_ARGUMENT),
  ).action((run: string, path: string | undefined, options: CommonOptions) =>
    invocation.run(options, (context) =>
      sendIntent(
        context,
        run,
        "run.resume",
        (id) => ({ run: id, ...pathOf(path) }),
        path === undefined ? "the run goes on" : `${path} goes on`,
      ),
    ),
  );
}
