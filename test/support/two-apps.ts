import type { TestContext } from "node:test";
import { join } from "node:path";
import type { AgentId } from "#core/model/id.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { TestLink } from "./agent-link.ts";
import { makeApp, type TestApp } from "./agent-process.ts";
import { type AgentReady, endProcess, startAgent, type StartedProcess, temporaryFolder } from "./fleet.ts";

const CODE_MS = 10_000;

/** One agent, as people start it, and two apps with folders of their own that are paired with it. */
export interface TwoApps {
  readonly folder: string;
  readonly data: string;
  readonly apps: readonly [TestApp, TestApp];
  agent: StartedProcess;
  target: LinkTarget;
  /** A greeted link of an app. */
  connect(app: TestApp): Promise<TestLink>;
  /** A link of an app that is expected to be refused; why it was. */
  refused(app: TestApp): Promise<string>;
  /** Ends the agent, and starts it again in the same folder when asked to. */
  end(): Promise<void>;
  start(): Promise<void>;
}

export async function makeTwoApps(context: TestContext, ...flags: readonly string[]): Promise<TwoApps> {
  const folder = temporaryFolder(context);
  const data = join(folder, "agent");
  const links: TestLink[] = [];
  const first = await start(data, flags);
  const apps = [await makeApp(join(folder, "one")), await makeApp(join(folder, "two"))] as const;
  const world: TwoApps = {
    folder,
    data,
    apps,
    ...first,
    async connect(app) {
      const link = new TestLink(app.links, world.target);
      links.push(link);
      await link.hello(app.authority.app);
      return link;
    },
    async refused(app) {
      const link = new TestLink(app.links, world.target);
      links.push(link);
      await link.hello(app.authority.app).catch(() => undefined);
      return link.closedWith?.code ?? "let in";
    },
    end: () => endProcess(world.agent),
    async start() {
      Object.assign(world, await start(data, flags));
    },
  };
  context.after(async () => {
    for (const link of links) link.close();
    await endProcess(world.agent);
  });
  let code = first.code;
  for (const [index, app] of apps.entries()) {
    await app.pair({ target: world.target, code }, index === 0 ? "desk" : "laptop");
    code = await first.agent.stdout.until("next code", CODE_MS, (line) => nextCode(line, code));
  }
  return world;
}

async function start(
  data: string,
  flags: readonly string[],
): Promise<{ agent: StartedProcess; target: LinkTarget; code: string }> {
  const agent = await startAgent(null, "studio", data, "--host", "127.0.0.1", "--no-advertise", ...flags);
  const { id, fingerprint, port, linkPort, code } = agent.ready as AgentReady & { linkPort: number };
  return { agent, code, target: { id: id as AgentId, fingerprint, addresses: ["127.0.0.1"], port, linkPort } };
}

function nextCode(line: string, before: string): string | undefined {
  const parsed = JSON.parse(line) as { kind: string; code?: string };
  return parsed.kind === "pairing-code" && parsed.code !== before ? parsed.code : undefined;
}
