import type { NodeInfo } from "#core/model/agent.ts";
import type { RunHead } from "#core/model/run.ts";
import type { CoordinatorClient } from "./client.ts";
import { CommandError } from "./command-error.ts";
import { nearest } from "./nearest.ts";

/** What stands for the newest run. */
const LAST = "last";
const MAX_CHOICES = 5;

/** The run that `text` means: its id, a unique beginning of it, or `last`. */
export async function findRun(client: CoordinatorClient, text: string): Promise<RunHead> {
  const runs = await client.ask("run.list", {});
  if (text === LAST) return newest(runs);
  const exact = runs.find((head) => head.run === text);
  if (exact !== undefined) return exact;
  const found = runs.filter((head) => text !== "" && head.run.startsWith(text));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const names = runs.map((head): string => head.run);
  if (found.length > 1)
    throw ambiguous(
      "run",
      text,
      found.map((head) => head.run),
    );
  throw unknown("run", text, names, 'see "lanweave runs"');
}

function newest(runs: readonly RunHead[]): RunHead {
  const [first, ...rest] = runs;
  if (first === undefined)
    throw new CommandError("unknown-run", "there is no run yet: start one with lanweave run FILE");
  return rest.reduce((best, head) => (head.createdAt >= best.createdAt ? head : best), first);
}

/** The agents that `text` means exactly, or else those whose name or id begins with it. */
function matchAgents(agents: readonly NodeInfo[], text: string): readonly NodeInfo[] {
  const exact = agents.filter((agent) => agent.id === text || agent.name === text);
  if (exact.length > 0 || text === "") return exact;
  return agents.filter((agent) => agent.id.startsWith(text) || agent.name.startsWith(text));
}

/** The paired agent that `text` means: its name or id, or a unique beginning of one. */
export async function findAgent(client: CoordinatorClient, text: string): Promise<NodeInfo> {
  const paired = (await client.ask("fleet.list", {})).filter((agent) => agent.paired);
  const found = matchAgents(paired, text);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length > 1) throw ambiguous("agent", text, found.map(describeAgent));
  throw unknown(
    "agent",
    text,
    paired.map((agent) => agent.name),
    'see "lanweave agents"',
  );
}

/** What to pair with: a seen agent's id when `text` means one, else `text` itself, which is then an address. */
export async function findPairingTarget(client: CoordinatorClient, text: string): Promise<string> {
  const found = matchAgents(await client.ask("fleet.list", {}), text);
  if (found.length > 1) throw ambiguous("agent", text, found.map(describeAgent));
  return found[0]?.id ?? text;
}

function describeAgent(agent: NodeInfo): string {
  return `${agent.name} (${agent.id})`;
}

function ambiguous(what: string, text: string, found: readonly string[]): CommandError {
  const more = found.length > MAX_CHOICES ? " …" : "";
  return new CommandError(
    `ambiguous-${what}`,
    `"${text}" means ${found.length} ${what}s: ${found.slice(0, MAX_CHOICES).join(", ")}${more}; write more of it`,
  );
}

function unknown(what: string, text: string, names: readonly string[], hint: string): CommandError {
  const near = nearest(text, names);
  const suggestion = near === null ? "" : `; did you mean ${near}?`;
  return new CommandError(`unknown-${what}`, `there is no ${what} "${text}"${suggestion} (${hint})`);
}
