import type { MethodName, MethodParams, MethodResults } from "#core/ipc/methods.ts";
import { CoordinatorClient } from "#main/cli/client.ts";
import { connectLocal } from "#main/host/local-socket.ts";

/** One request to the coordinator that holds a data folder, without a process of its own; a refusal is thrown. */
export async function ask<M extends MethodName>(
  data: string,
  method: M,
  params: MethodParams<M>,
): Promise<MethodResults[M]> {
  const channel = await connectLocal(data);
  if (channel === null) throw new Error(`no coordinator is at work in ${data}`);
  const client = await CoordinatorClient.open(channel, "test");
  try {
    return await client.ask(method, params);
  } finally {
    client.dispose();
  }
}
