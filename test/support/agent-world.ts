import { join } from "node:path";
import type { TestContext } from "node:test";
import { type AgentProcess, makeApp, makeFolder, startAgentProcess, type TestApp } from "./agent-process.ts";
import { TestLink } from "./agent-link.ts";

/** An agent and an app that are paired, and everything is gone when the test ends. */
export interface AgentWorld {
  readonly folder: string;
  readonly app: TestApp;
  agent: AgentProcess;
  /** A greeted link, closed when the test ends. */
  connect(agent?: AgentProcess, minor?: number): Promise<TestLink>;
  /** One more agent, paired with the same app. */
  addAgent(name: string, ...flags: readonly string[]): Promise<AgentProcess>;
  /** Starts the agent again after its end; it keeps its folder and pairing. */
  restart(...flags: readonly string[]): Promise<AgentProcess>;
}

export async function makeWorld(
  context: TestContext,
  ...options: readonly (string | { readonly clockBehindMs: number })[]
): Promise<AgentWorld> {
  const flags = options.filter((option) => typeof option === "string");
  const clockBehindMs = options.find((option) => typeof option === "object")?.clockBehindMs;
  const folder = await makeFolder();
  const links: TestLink[] = [];
  const agents: AgentProcess[] = [];
  context.after(async () => {
    for (const link of links) link.close();
    for (const agent of agents) await agent.end("SIGTERM");
    await folder.remove();
  });
  const start = async (name: string, words: readonly string[]): Promise<AgentProcess> => {
    const agent = await startAgentProcess(join(folder.path, name), ...words);
    agents.push(agent);
    return agent;
  };
  const app = await makeApp(join(folder.path, "app"), clockBehindMs);
  const first = await start("agent", flags);
  await app.pair(first);
  const world: AgentWorld = {
    folder: folder.path,
    app,
    agent: first,
    async connect(agent, minor = 0) {
      const link = new TestLink(app.links, (agent ?? world.agent).target);
      links.push(link);
      await link.hello(app.authority.app, 1, minor);
      return link;
    },
    async addAgent(name, ...words) {
      const agent = await start(name, words);
      await app.pair(agent);
      return agent;
    },
    async restart(...words) {
      world.agent = await start("agent", words);
      return world.agent;
    },
  };
  return world;
}
