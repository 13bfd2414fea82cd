import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { PATH_ARGUMENT, RUN_ARGUMENT, sendIntent } from "./intent.ts";

interface ApproveOptions extends CommonOptions {
  readonly deny?: boolean;
}

export function addApprove(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("approve")
      .description("answer a node that waits for a person")
      .argument(...RUN_ARGUMENT)
      .argument(...PATH_ARGUMENT)
      .option("--deny", "say no: the node fails"),
  ).action((run: string, path: string, options: ApproveOptions) =>
    invocation.run(options, (context) => {
      const approved = options.deny !== true;
      const done = `${path} is ${approved ? "approved" : "denied"}`;
      return sendIntent(context, run, "run.approve", (id) => ({ run: id, path, approved }), done);
    }),
  );
}
