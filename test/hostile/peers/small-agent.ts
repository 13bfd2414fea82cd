import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { openDoorServer } from "#agent/adapters/door-server.ts";
import { serveLinks } from "#agent/adapters/link-server.ts";
import { findFreePorts } from "#agent/adapters/ports.ts";
import { AgentDesk } from "#agent/connection/agent-desk.ts";
import type { KeptFiles } from "#agent/connection/ports.ts";
import { serveFiles } from "#agent/files/file-server.ts";
import { ContentStore } from "#agent/files/store.ts";
import { createContexts } from "#agent/trust/contexts.ts";
import { createPairingGate } from "#agent/trust/gate.ts";
import { type Identity, openIdentity } from "#agent/trust/identity.ts";
import { openPairings } from "#agent/trust/pairings.ts";
import type { DisposableStack } from "#core/base/dispose.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import type { AttemptRunner } from "#core/ports/attempts.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { Log } from "#core/ports/log.ts";
import { clock, silentLog } from "#test/support/agent-process.ts";
import { random } from "#test/agent/trust/fixtures.ts";
import { CAPABILITIES } from "../samples.ts";

/** An agent in this process, with the real trust, doors and sockets, that carries nothing out. */
export interface SmallAgent {
  readonly identity: Identity;
  readonly target: LinkTarget;
  /** The one that works now. */
  code(): PairingCode;
}

/** What is said on its links: all that an agent says, or what the test says. */
export type LinkSide =
  { readonly kind: "desk" } | { readonly kind: "raw"; readonly accept: (socket: TLSSocket) => void };
export type FileSide =
  { readonly kind: "store" } | { readonly kind: "raw"; readonly accept: (socket: TLSSocket) => void };

interface SmallAgentInput {
  readonly name: string;
  readonly link: LinkSide;
  readonly files?: FileSide;
  readonly log?: Log;
}

export async function startSmallAgent(cleanup: DisposableStack, input: SmallAgentInput): Promise<SmallAgent> {
  const { name, link, files = { kind: "store" }, log = silentLog } = input;
  const folder = await mkdtemp(join(tmpdir(), "lw-hostile-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const identity = await openIdentity(folder, { clock, random });
  const pairings = await openPairings(folder);
  const contexts = cleanup.add(createContexts({ identity, pairings, log }));
  const ports = await findFreePorts("127.0.0.1");
  let code = "" as PairingCode;
  const gate = cleanup.add(
    createPairingGate({
      ...{ identity, pairings, clock, random, log, name, linkPort: () => ports.link },
      codes: { kind: "shown", show: (shown) => (code = shown) },
    }),
  );
  const store = new ContentStore(join(folder, "store"), { log });
  const door = await openDoorServer({
    ...{ host: "127.0.0.1", port: ports.door, tls: contexts.doorOptions(), log },
    identify: (socket) => contexts.identify(socket)?.app,
    servePairing: (stream, peer) => gate.serve(stream, peer),
    serveCertificates: (socket) => Promise.resolve(void socket.destroy()),
    serveFiles: (socket, app) => {
      if (files.kind === "store") return serveFiles({ store, log }, socket, app);
      files.accept(socket);
      return Promise.resolve();
    },
  });
  cleanup.add(door);
  if (link.kind === "raw") await serveRaw(cleanup, contexts.linkOptions(), ports.link, link.accept);
  else {
    const desk = cleanup.add(
      new AgentDesk({
        agent: { id: identity.id, name, version: "0" },
        capabilities: { ...CAPABILITIES, os: "linux" },
        runner: quickRunner,
        machine: { load: () => 0, trouble: () => null },
        files: noFiles,
        ...{ clock, log, stopWhenCutOff: false },
        encodeBase64: (bytes) => Buffer.from(bytes).toString("base64"),
        unpair: (app) => void pairings.remove(app),
      }),
    );
    const identify = (socket: TLSSocket): ReturnType<typeof contexts.identifyApp> => contexts.identifyApp(socket);
    const tls = contexts.linkOptions();
    cleanup.add(await serveLinks({ host: "127.0.0.1", port: ports.link, tls, identify, log, listener: desk }));
  }
  const { id, fingerprint } = identity;
  return {
    identity,
    code: () => code,
    target: { id, fingerprint, addresses: ["127.0.0.1"], port: ports.door, linkPort: ports.link },
  };
}

async function serveRaw(
  cleanup: DisposableStack,
  tls: Parameters<typeof createServer>[0],
  port: number,
  accept: (socket: TLSSocket) => void,
): Promise<void> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(tls ?? {}, (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  cleanup.defer(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
}

const noFiles: KeptFiles = {
  neededBy: () => [],
  need: () => Promise.resolve(),
  release: () => Promise.resolve(),
  tellGone: () => Promise.resolve(),
  noteFull: () => undefined,
  trouble: () => null,
};

/** Every attempt ends well at once, whatever it was to do. */
const quickRunner: AttemptRunner = {
  start(_app, spec, listener) {
    let isOver = false;
    const end = (outcome: Parameters<typeof listener.ended>[0]): void => {
      if (isOver) return;
      isOver = true;
      listener.ended(outcome);
    };
    setImmediate(() => {
      if (isOver) return;
      listener.started(null);
      listener.report({ kind: "log", level: "info", message: spec.workflow.slice(0, 100) });
      listener.outputGrew();
      setImmediate(() => end({ kind: "success", result: "done", files: [], executionMs: 1 as never }));
    });
    const output = Buffer.from("hello\n");
    return {
      stop: () => setImmediate(() => end({ kind: "cancelled", executionMs: 1 as never })),
      abandon: () => setImmediate(() => end(null)),
      freeze: () => listener.suspended(),
      thaw: () => listener.resumed(),
      readOutput: (offset) =>
        Promise.resolve(offset < output.length ? [{ offset, stream: "stdout", bytes: output.subarray(offset) }] : []),
      settle: () => Promise.resolve(),
      forget: () => Promise.resolve(),
    };
  },
  trouble: () => null,
};
