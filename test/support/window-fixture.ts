import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { pageSecurityHeaders } from "#core/ipc/content-security.ts";
import type { ClientFrame, ServerFrame } from "#core/ipc/frames.ts";
import { clientFrameSchema } from "#core/ipc/frames.ts";
import { FixtureWorld } from "./window-fixture-world.ts";

// A development server for the window: serves what vite built, with the headers of the product, and plays the protocol with runs
// that go by themselves. Not a coordinator: nothing is kept, nothing is executed.

const RENDERER = fileURLToPath(new URL("../../dist/renderer/", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

export interface WindowFixture {
  readonly url: string;
  readonly world: FixtureWorld;
  /** Ends every connection, as a coordinator that stops does; new ones are taken. */
  dropConnections(): void;
  dispose(): Promise<void>;
}

/** Starts the server on a free port of the loopback interface. */
export async function startWindowFixture(
  options: { readonly port?: number; readonly isEmpty?: boolean } = {},
): Promise<WindowFixture> {
  const world = new FixtureWorld(options.isEmpty ?? false);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(RENDERER, normalize(path === "/" ? "/index.html" : path));
    readFile(file).then(
      (body) =>
        response.writeHead(200, { ...pageSecurityHeaders(), "content-type": TYPES[extname(file)] ?? "" }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  const sockets = new WebSocketServer({ server, path: "/ipc" });
  sockets.on("connection", (socket) => serveSocket(socket, world));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const dropConnections = (): void => sockets.clients.forEach((socket) => socket.terminate());
  return {
    url: `http://127.0.0.1:${port}/`,
    world,
    dropConnections,
    dispose: async () => {
      world.dispose();
      dropConnections();
      await new Promise((resolve) => sockets.close(resolve));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serveSocket(socket: WebSocket, world: FixtureWorld): void {
  const send = (frame: ServerFrame): void => socket.send(JSON.stringify(frame));
  const topics = new Map<string, () => void>();
  socket.on("message", (data) => {
    const frame: ClientFrame = clientFrameSchema.parse(JSON.parse(String(data)));
    if (frame.kind === "request") send(world.answer(frame.id, frame.method, frame.params));
    else {
      topics.get(frame.topic)?.();
      topics.delete(frame.topic);
      if (frame.kind === "watch") topics.set(frame.topic, world.watch(frame.topic, send));
    }
  });
  socket.on("close", () => topics.forEach((stop) => stop()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isEmpty = process.argv.includes("--empty");
  const fixture = await startWindowFixture({ port: Number(process.env["PORT"] ?? 5_199), isEmpty });
  process.stdout.write(`${fixture.url}\n`);
}
