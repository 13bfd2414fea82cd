import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { note } from "./record.ts";
import { StandinObject } from "./not-in-standin.ts";
import { numberField, textField } from "./read.ts";

// Chromium cannot be taught a scheme from outside. So `app://host/path` is `http://host.app.localhost/path` to it: a
// secure context with an origin of its own, served by one loopback server that asks the app's handler.

type Handler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, Handler>();
const privileged = new Set<string>();

class Protocol extends StandinObject {
  registerSchemesAsPrivileged(schemes: readonly unknown[]): void {
    for (const scheme of schemes) privileged.add(textField(scheme, "scheme"));
  }

  handle(scheme: string, handler: Handler): void {
    if (!privileged.has(scheme)) throw new Error(`the scheme ${scheme} was not registered before the app was ready`);
    handlers.set(scheme, handler);
  }
}

export const protocol = new Protocol();

/** The address Chromium is given for an address of the app. */
export function toChromiumUrl(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  const [, scheme = "", host = "", rest = ""] = parts ?? [];
  return handlers.has(scheme) ? `http://${host}.${scheme}.localhost${rest === "" ? "/" : rest}` : url;
}

/** The address the app is told for an address of Chromium's. */
export function toAppUrl(url: string): string {
  const parts = /^http:\/\/([^/:?#]+)\.([a-z0-9+-]+)\.localhost(.*)$/i.exec(url);
  const [, host = "", scheme = "", rest = ""] = parts ?? [];
  return handlers.has(scheme) ? `${scheme}://${host}${rest === "" ? "/" : rest}` : url;
}

export async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      note("protocol-error", String(error));
      response.writeHead(500).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: numberField(server.address(), "port") };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = toAppUrl(`http://${request.headers.host ?? ""}${request.url ?? "/"}`);
  const handler = handlers.get(url.slice(0, url.indexOf(":")));
  if (handler === undefined) {
    response.writeHead(502).end();
    return;
  }
  const answered = await handler(new Request(url, { method: request.method ?? "GET" }));
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}
