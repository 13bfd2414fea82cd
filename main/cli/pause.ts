import type { Command } from "commander";
import { Option } from "commander";
import type { PauseMode } from "#core/model/run.ts";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { OPTIONAL_PATH_ARGUMENT, RUN_ARGUMENT, pathOf, sendIntent } from "./intent.ts";

interface PauseOptions extends CommonOptions {
  readonly mode: PauseMode;
}

export function addPause(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("pause")
      .description("pause a run or one node: stop its processes in place (freeze), or let them finish (drain)")
      .argument(...RUN_ARGUMENT)
      .argument(...OPTIONAL_PATH_ARGUMENT)
      .addOption(
        new Option("--mode <mode>", "what happens to running processes").choices(["freeze", "drain"]).default("freeze"),
      ),
  ).action((run: string, path: string | undefined, options: PauseOptions) =>
    invocation.run(options, (context) => {
      const { mode } = options;
      const done = path === undefined ? "the run is paused" : `${path} is paused`;
      return sendIntent(context, run, "run.pause", (id) => ({ run: id, mode, ...pathOf(path) }), done);
    }),
  );
}
