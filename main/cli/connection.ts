import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { FrameChannel } from "../host/frame-channel.ts";
import { openInProcess } from "../host/frame-channel.ts";
import { connectLocal } from "../host/local-socket.ts";
import { readCoordinatorRecord, wasDataFolderUsed } from "../host/data-folder.ts";
import type { CoordinatorHost } from "../host/session.ts";
import { DataFolderHeldError } from "../host/session.ts";
import { CoordinatorClient } from "./client.ts";
import type { CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";

const CLIENT_NAME = "command-line";
/** How long a coordinator that holds the folder may take to open its socket. */
const STARTING_WAIT_MS = 5_000;
const STARTING_POLL_MS = 100;

/** A conversation, and the coordinator itself when this process started it. */
export interface Connection {
  readonly client: CoordinatorClient;
  readonly host: CoordinatorHost | null;
}

export interface HostWish {
  /** Whether agents are looked for on the network. */
  readonly discovery: boolean;
  /** Nothing is driven: only what has been is shown. */
  readonly readOnly: boolean;
}

/** Talks to the running coordinator of the data folder; throws `nobody` when there is none. */
export async function withCoordinator<T>(
  context: CommandContext,
  use: (client: CoordinatorClient) => Promise<T>,
): Promise<T> {
  const channel = await connectLocal(context.dataDir);
  if (channel === null) {
    const text = `no coordinator is running for the data folder ${context.dataDir}`;
    throw new CommandError(
      "nobody",
      `${text}: start one with "lanweave app" or "lanweave serve", or give its folder with --data`,
    );
  }
  return useChannel(channel, use);
}

/** Talks to the running coordinator, or to one started for this one look at what has been. */
export async function withReader<T>(
  context: CommandContext,
  use: (client: CoordinatorClient) => Promise<T>,
): Promise<T> {
  if (!wasDataFolderUsed(context.dataDir)) {
    throw new CommandError("nobody", `the data folder ${context.dataDir} holds no runs: give another one with --data`);
  }
  return withHost(context, { discovery: false, readOnly: true }, ({ client }) => use(client));
}

/** Talks to the running coordinator, or to one of this process, which ends after `use`. */
export async function withHost<T>(
  context: CommandContext,
  wish: HostWish,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const channel = await connectLocal(context.dataDir);
  if (channel !== null) return useChannel(channel, (client) => use({ client, host: null }));
  let host: CoordinatorHost;
  try {
    host = await context.startHost({ dataDir: context.dataDir, appName: null, ...wish });
  } catch (error) {
    if (!(error instanceof DataFolderHeldError)) throw error;
    return useChannel(await waitForHolder(context, error), (client) => use({ client, host: null }));
  }
  try {
    return await useChannel(openInProcess(host, CLIENT_NAME), (client) => use({ client, host }));
  } finally {
    await host.dispose();
  }
}

async function useChannel<T>(channel: FrameChannel, use: (client: CoordinatorClient) => Promise<T>): Promise<T> {
  const client = await CoordinatorClient.open(channel, personName());
  try {
    return await use(client);
  } finally {
    client.dispose();
  }
}

/** Who acts: what is done by hand is recorded with it. */
function personName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in some containers.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

/** The folder's holder may be just about to open its socket. */
async function waitForHolder(context: CommandContext, held: DataFolderHeldError): Promise<FrameChannel> {
  const deadline = performance.now() + STARTING_WAIT_MS;
  while (performance.now() < deadline) {
    const channel = await connectLocal(context.dataDir);
    if (channel !== null) return channel;
    await delay(STARTING_POLL_MS);
  }
  const pid = readCoordinatorRecord(context.dataDir)?.pid ?? held.pid;
  const text = `the coordinator with process id ${pid} holds the data folder ${context.dataDir}, but does not answer`;
  throw new CommandError("nobody", `${text}: wait until it has started or ended, or end it`);
}
