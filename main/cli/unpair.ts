import type { Command } from "commander";
import type { CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import { EXIT } from "./command-error.ts";
import { withCoordinator } from "./connection.ts";
import { findAgent } from "./names.ts";

export function addUnpair(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("unpair")
      .description("end the pairing with an agent: its key is refused from now on")
      .argument("<agent>", "its name or id, or a unique beginning of one"),
  ).action((text: string, options: CommonOptions) =>
    invocation.run(options, (context) =>
      withCoordinator(context, async (client) => {
        const agent = await findAgent(client, text);
        await client.ask("fleet.unpair", { target: agent.id });
        context.output.note(`${agent.name} (${agent.id}) is not paired any more`);
        return EXIT.done;
      }),
    ),
  );
}
