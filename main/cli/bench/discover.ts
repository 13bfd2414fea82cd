import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import { DisposableStack } from "#core/base/dispose.ts";
import { topicName } from "#core/ipc/topics.ts";
import { connectLocal } from "../../host/local-socket.ts";
import { productFolder } from "../../host/product.ts";
import { CoordinatorClient } from "../client.ts";
import { CommandError } from "../command-error.ts";
import type { Measures } from "./figure.ts";
import { makeBenchFolder } from "./fleet.ts";

const SEEN_WITHIN_MS = 20_000;
const readySchema = z.object({ kind: z.literal("agent-ready"), id: z.string() });

/** From the start of either process until the app sees the agent, by mDNS on this machine's own networks. */
export async function discover(dataDir: string): Promise<Measures> {
  const stack = new DisposableStack();
  try {
    const folder = makeBenchFolder(dataDir);
    stack.add(folder);
    const data = join(folder.path, "app");
    const first = await startApp(data, stack);
    const agentBegin = performance.now();
    const id = await startAgent(join(folder.path, "agent"), stack);
    await seen(first.client, id);
    const agentMs = performance.now() - agentBegin;
    await first.end();
    const appBegin = performance.now();
    const second = await startApp(join(folder.path, "other-app"), stack);
    await seen(second.client, id);
    return { agent_start_to_seen_ms: agentMs, app_start_to_seen_ms: performance.now() - appBegin };
  } finally {
    await stack.dispose();
  }
}

interface StartedApp {
  readonly client: CoordinatorClient;
  end(): Promise<void>;
}

async function startApp(data: string, stack: DisposableStack): Promise<StartedApp> {
  const { child, end } = startLanweave(["serve", "--port", "0", "--data", data], stack);
  await firstLine(child, (line) => (line.includes("http") ? line : undefined));
  const channel = await connectLocal(data);
  if (channel === null)
    throw new CommandError("internal", "the app that was started for the benchmark does not answer");
  const client = stack.add(await CoordinatorClient.open(channel, "bench"));
  return { client, end };
}

async function startAgent(data: string, stack: DisposableStack): Promise<string> {
  const { child } = startLanweave(["agent", "--name", "bench", "--data", data, "--json"], stack);
  return firstLine(child, (line) => readySchema.safeParse(JSON.parse(line)).data?.id);
}

function startLanweave(
  words: readonly string[],
  stack: DisposableStack,
): { readonly child: ChildProcess; end(): Promise<void> } {
  const program = join(productFolder(), "bin", "lanweave.js");
  const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "ignore"] });
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  stack.defer(end);
  return { child, end };
}

async function firstLine<T>(child: ChildProcess, find: (line: string) => T | undefined): Promise<T> {
  if (child.stdout === null) throw new Error("expected the process to have an output");
  for await (const line of createInterface({ input: child.stdout })) {
    const found = find(line);
    if (found !== undefined) return found;
  }
  throw new CommandError("internal", "a process of the benchmark ended before it was ready");
}

async function seen(client: CoordinatorClient, id: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const text = `the agent was not seen within ${String(SEEN_WITHIN_MS / 1_000)} s: does a network of this machine carry multicast?`;
  const deadline = setTimeout(() => reject(new CommandError("nobody", text)), SEEN_WITHIN_MS);
  const stop = client.watch("fleet", topicName.fleet, (news) => {
    if (news.kind === "gone") return;
    for (const agent of news.kind === "snapshot" ? news.items : news.upsert) if (agent.id === id) resolve();
  });
  try {
    await promise;
  } finally {
    clearTimeout(deadline);
    stop();
  }
}
