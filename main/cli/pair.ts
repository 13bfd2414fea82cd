import type { Command } from "commander";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withCoordinator } from "./connection.ts";
import { agentRecord } from "./json-lines.ts";
import { findPairingTarget } from "./names.ts";

export function addPair(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("pair")
      .description("pair with an agent by the code it shows")
      .argument("<agent>", "its name, a unique beginning of it, or its address[:port]")
      .argument("<code>", "the code that the agent prints"),
  ).action((agent: string, code: string, options: CommonOptions) =>
    invocation.run(options, (context) => pair(context, agent, code)),
  );
}

function pair(context: CommandContext, text: string, code: string): Promise<ExitCode> {
  return withCoordinator(context, async (client) => {
    const target = await findPairingTarget(client, text);
    const paired = await client.ask("fleet.pair", { target, code });
    const agents = await client.ask("fleet.list", {});
    for (const agent of agents) if (agent.id === paired.agent) context.output.record(agentRecord(agent));
    context.output.note(`paired with ${paired.name} (${paired.agent}), key fingerprint ${paired.fingerprint}`);
    return EXIT.done;
  });
}
