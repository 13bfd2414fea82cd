import type { MethodName, MethodParams } from "#core/ipc/methods.ts";
import type { RunId } from "#core/model/id.ts";
import type { CommandContext } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withCoordinator } from "./connection.ts";
import { findRun } from "./names.ts";

/** What a person wants of a run: names it, sends it, says that it is durable. What follows from it is seen by `show` and `events`. */
export function sendIntent<M extends MethodName>(
  context: CommandContext,
  runText: string,
  method: M,
  toParams: (run: RunId) => MethodParams<M>,
  done: string,
): Promise<ExitCode> {
  return withCoordinator(context, async (client) => {
    const { run } = await findRun(client, runText);
    await client.ask(method, toParams(run));
    context.output.note(`${done} (run ${run})`);
    return EXIT.done;
  });
}

/** The parameter `path` when one was given. */
export function pathOf(path: string | undefined): { readonly path?: string } {
  return path === undefined ? {} : { path };
}

export const RUN_ARGUMENT = ["<run>", "the run's id, a unique beginning of it, or last"] as const;
export const PATH_ARGUMENT = ["<path>", "the node's path, such as resize[3]/one"] as const;
export const OPTIONAL_PATH_ARGUMENT = ["[path]", "only this node, such as resize[3]/one"] as const;
