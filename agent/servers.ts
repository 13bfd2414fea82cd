import type { Disposable } from "#core/base/dispose.ts";
import type { Log } from "#core/ports/log.ts";
import { anyHost, DEFAULT_PORT, findFreePorts, type PortPair } from "./adapters/ports.ts";

/** How often free ports are looked for before the agent gives up: each time somebody else was faster. */
const MAX_TRIES = 5;

/** Both servers of an agent, listening. */
export interface Servers extends Disposable {
  readonly host: string;
  readonly ports: PortPair;
}

/**
 * Opens both ports: at `port` and one above when it is given; else at the default ones; else, when those are taken, at
 * any free ones.
 */
export async function openServers(
  wanted: { readonly host: string | null; readonly port: number },
  open: (host: string, ports: PortPair) => Promise<Disposable>,
  log: Log,
): Promise<Servers> {
  const host = wanted.host ?? (await anyHost());
  const base = wanted.port === 0 ? DEFAULT_PORT : wanted.port;
  let ports: PortPair = { door: base, link: base + 1 };
  for (let tries = 1; ; tries += 1) {
    try {
      const servers = await open(host, ports);
      return { host, ports, dispose: () => servers.dispose() };
    } catch (error) {
      if (!isTaken(error)) throw new Error(`the agent cannot listen at ${host}: ${messageOf(error)}`, { cause: error });
      if (wanted.port !== 0) {
        throw new Error(
          `port ${ports.door} or ${ports.link} is taken by another program: end that one, or give another with --port`,
          { cause: error },
        );
      }
      if (tries > MAX_TRIES) throw error;
      const taken = ports;
      ports = await findFreePorts(host);
      log.info("the ports are taken; others are used", { taken: taken.door, port: ports.door, linkPort: ports.link });
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
