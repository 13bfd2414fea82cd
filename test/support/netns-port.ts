import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { DisposableStack } from "#core/base/dispose.ts";
import type { Disposable } from "#core/base/dispose.ts";
import type { TestHost } from "./netns.ts";

const RELAY = fileURLToPath(new URL("netns-relay.ts", import.meta.url));

/** Brings a port of a host's loopback to this machine's: under the same number where that is free, as a browser's `Host` wants it. */
export async function bringPort(host: TestHost, port: number): Promise<Disposable & { readonly port: number }> {
  const stack = new DisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), "lw-port-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "s");
  const relay = host.spawn(process.execPath, [RELAY, file, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  stack.defer(async () => {
    if (relay.exitCode !== null || relay.signalCode !== null) return;
    const ended = once(relay, "exit");
    relay.kill("SIGTERM");
    await ended;
  });
  if (relay.stdout === null) throw new Error("the relay has no output");
  await once(relay.stdout, "data");
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(file);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
  });
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy();
    const closed = once(server, "close");
    server.close();
    await closed;
  });
  server.listen({ host: "127.0.0.1", port });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, dispose: () => stack.dispose() };
}
