import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { TestContext } from "node:test";

/** What a server was asked for. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server on loopback that keeps what it was asked for; gone when the test ends. */
export interface HttpTarget {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** How many connections were closed before they got their answer. */
  readonly broken: () => number;
}

type Answer = (request: SeenRequest, response: ServerResponse) => void;

export async function openTarget(
  context: TestContext,
  answer: Answer,
  { host = "127.0.0.1", tls = null }: { host?: string; tls?: { key: string; cert: string } | null } = {},
): Promise<HttpTarget> {
  const seen: SeenRequest[] = [];
  let broken = 0;
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    response.on("close", () => (broken += response.writableFinished ? 0 : 1));
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(parts).toString() };
      seen.push(one);
      answer(one, response);
    });
  };
  const server: Server & { closeAllConnections(): void } =
    tls === null ? createServer(listen) : createTlsServer(tls, listen);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  context.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, seen, broken: () => broken };
}
