import { createServer } from "node:net";
import { networkInterfaces } from "node:os";

/** Where agents are by default: front door, and link. */
export const DEFAULT_PORT = 7420;

/** Both ports of an agent. */
export interface PortPair {
  readonly door: number;
  readonly link: number;
}

/** Two ports nobody listens on now. Somebody else may be faster, so whoever uses them must be ready to ask again. */
export async function findFreePorts(host: string): Promise<PortPair> {
  const first = await listenAnywhere(host);
  const second = await listenAnywhere(host);
  await Promise.all([first.close(), second.close()]);
  return { door: first.port, link: second.port };
}

/** The address to listen at on every interface: of both families where the system has IPv6. */
export async function anyHost(): Promise<string> {
  try {
    const probe = await listenAnywhere("::");
    await probe.close();
    return "::";
  } catch {
    return "0.0.0.0";
  }
}

/** Under which addresses others can reach what listens at `host`; link-local ones with their zone. */
export function reachableAddresses(host: string): readonly string[] {
  if (host !== "::" && host !== "0.0.0.0") return [host];
  const found: string[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, family, internal, scopeid } of addresses ?? []) {
      if (internal || (family === "IPv6" && host === "0.0.0.0")) continue;
      found.push(family === "IPv6" && scopeid !== undefined && scopeid > 0 ? `${address}%${name}` : address);
    }
  }
  return found.length === 0 ? ["127.0.0.1"] : found;
}

function listenAnywhere(host: string): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      if (typeof address !== "object" || address === null) return reject(new Error("expected a port, found none"));
      resolve({ port: address.port, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}
