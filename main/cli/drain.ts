import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { EXIT } from "./command-error.ts";
import { withCoordinator } from "./connection.ts";
import { findAgent } from "./names.ts";

interface DrainOptions extends CommonOptions {
  readonly end?: boolean;
}

export function addDrain(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("drain")
      .description("let an agent finish what it does and give it nothing new")
      .argument("<agent>", "its name or id, or a unique beginning of one")
      .option("--end", "give it work again"),
  ).action((text: string, options: DrainOptions) =>
    invocation.run(options, (context) =>
      withCoordinator(context, async (client) => {
        const agent = await findAgent(client, text);
        const draining = options.end !== true;
        await client.ask("fleet.drain", { target: agent.id, draining });
        context.output.note(draining ? `${agent.name} takes nothing new` : `${agent.name} takes work again`);
        return EXIT.done;
      }),
    ),
  );
}
