import type { Command } from "commander";
import type { NodeInfo } from "#core/model/agent.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { withCoordinator } from "./connection.ts";
import { agentRecord } from "./json-lines.ts";
import { toTable } from "./output.ts";

export function addAgents(program: Command, invocation: Invocation): void {
  withCommon(
    program.command("agents").description("list the agents paired with this app, and those seen on the network"),
  ).action((options: CommonOptions) => invocation.run(options, listAgents));
}

async function listAgents(context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const agents = await withCoordinator(context, (client) => client.ask("fleet.list", {}));
  for (const agent of agents) output.record(agentRecord(agent));
  if (agents.length === 0)
    output.note('no agent is paired or seen: start one with "lanweave agent" on any machine of this network');
  else output.print(toTable([["NAME", "ID", "STATUS", "PAIRED", "RUNNING", "LOAD", "ADDRESS"], ...agents.map(toRow)]));
  return EXIT.done;
}

function toRow(agent: NodeInfo): readonly string[] {
  const slots = agent.capabilities === null ? "" : `/${agent.capabilities.slots}`;
  const drain = !agent.draining ? "" : agent.running > 0 ? ", draining" : ", drained: empty";
  const status = `${agent.status}${drain}${agent.reason === null ? "" : ` (${agent.reason})`}`;
  const load = agent.load === null ? "-" : agent.load.toFixed(2);
  const address = agent.addresses
    .map((host) => (host.includes(":") ? `[${host}]` : host))
    .map((host) => `${host}:${agent.port}`);
  return [
    agent.name,
    agent.id,
    status,
    agent.paired ? "yes" : "no",
    `${agent.running}${slots}`,
    load,
    address.join(" "),
  ];
}
