import { setTimeout as delay } from "node:timers/promises";
import { CoordinatorClient } from "#main/cli/client.ts";
import { connectLocal } from "#main/host/local-socket.ts";

const ASK_MS = 5_000;

/** A conversation with the coordinator of a data folder; null when nobody answers. Dispose it. */
export async function openClient(data: string): Promise<CoordinatorClient | null> {
  try {
    const channel = await connectLocal(data);
    return channel === null ? null : await inTime(CoordinatorClient.open(channel, "drill"));
  } catch {
    // It went away meanwhile: whoever asked asks again.
    return null;
  }
}

/** Null when it takes too long: the coordinator may be standing still. */
export async function inTime<T>(work: Promise<T>): Promise<T | null> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, delay(ASK_MS, null, { signal: timer.signal, ref: false })]);
  } finally {
    timer.abort();
  }
}
