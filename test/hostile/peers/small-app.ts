import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import type { DisposableStack } from "#core/base/dispose.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { FileClient } from "#main/transport/file-client.ts";
import { LinkClient } from "#main/transport/link-client.ts";
import { type Authority, openAuthority } from "#main/trust/authority.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import { createPairer } from "#main/trust/pairer.ts";
import { clock, silentLog } from "#test/support/agent-process.ts";
import { random } from "#test/agent/trust/fixtures.ts";
import { FrameSocket } from "./frame-socket.ts";

/** An app without a coordinator: it can be paired with agents, and speaks with them honestly or not. */
export interface SmallApp {
  readonly authority: Authority;
  readonly links: LinkClient;
  readonly files: FileClient;
  pair(agent: { readonly target: LinkTarget; code(): string }): Promise<void>;
  /** A link as TLS leaves it, with the app's certificate; `localAddress` is where it comes from. */
  dialLink(target: LinkTarget, localAddress?: string): Promise<FrameSocket>;
  dialFiles(target: LinkTarget): Promise<TLSSocket>;
}

export async function startSmallApp(cleanup: DisposableStack): Promise<SmallApp> {
  const folder = await mkdtemp(join(tmpdir(), "lw-hostile-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const authority = await openAuthority(folder, { clock, random });
  const pairer = createPairer({ authority, clock, random, log: silentLog });
  const tls = (agent: { id: AgentId; fingerprint: Sha256 }): ReturnType<typeof agentTlsOptions> =>
    agentTlsOptions(authority, agent);
  const dial = async ({ id, fingerprint }: LinkTarget, port: number, more: object): Promise<TLSSocket> => {
    const options = await tls({ id, fingerprint: fingerprint as Sha256 });
    const socket = connect({ ...options, host: "127.0.0.1", port, ...more });
    socket.setNoDelay(true).on("error", () => undefined);
    await Promise.race([once(socket, "secureConnect"), once(socket, "close")]);
    return socket;
  };
  return {
    authority,
    links: new LinkClient({ tls, clock, log: silentLog }),
    files: new FileClient({ tls }),
    async pair({ target, code }) {
      const { id, fingerprint } = target;
      const request = { host: "127.0.0.1", port: target.port, code: code(), appName: "small", signal: null };
      const paired = await pairer.pair({ ...request, expected: { id, fingerprint } });
      if (!paired.ok) throw new Error(paired.error.message);
    },
    dialLink: async (target, localAddress) =>
      new FrameSocket(await dial(target, target.linkPort, localAddress === undefined ? {} : { localAddress })),
    dialFiles: (target) => dial(target, target.port, { ALPNProtocols: [FILES_PROTOCOL] }),
  };
}
