import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { pageSecurityHeaders } from "#core/ipc/content-security.ts";
import type { Access } from "./access.ts";
import { originProblem } from "./origin.ts";
import { plainPage } from "./plain-page.ts";
import { RateLimit } from "./rate-limit.ts";
import type { WindowFiles } from "./window-files.ts";

const REQUEST_BURST = 1_000;
const REQUESTS_PER_S = 200;
const WRONG_TOKEN_BURST = 20;
const WRONG_TOKENS_PER_S = 0.2;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 256;

const HOW_TO_GET_IN = 'Open the address that "lanweave serve" printed: it lets this browser in, once for all.';

/** How many requests are let through, over all addresses of one server. */
export interface RequestLimits {
  readonly all: RateLimit;
  readonly wrongTokens: RateLimit;
}

export function createRequestLimits(): RequestLimits {
  return {
    all: new RateLimit(REQUEST_BURST, REQUESTS_PER_S),
    wrongTokens: new RateLimit(WRONG_TOKEN_BURST, WRONG_TOKENS_PER_S),
  };
}

/** What the server needs to know; `port` and `access` are known once it listens. */
export interface WindowServerParts {
  readonly files: WindowFiles;
  readonly limits: RequestLimits;
  port(): number;
  access(): Access;
}

/** The HTTP side: the window's files for browsers that were let in, a plain page for all others. */
export function createWindowServer(parts: WindowServerParts): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  const server = createServer(options, (request, response) => {
    answer(parts, request, response).catch(() => {
      // The browser left in the middle, or the disk failed: this one answer is lost, nothing else.
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answer(parts: WindowServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!parts.limits.all.take()) return refuse(response, 429, "Too many requests", "Wait a moment and try again.");
  const problem = originProblem(request, parts.port());
  if (problem !== null) return refuse(response, 403, "Not allowed", problem);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return refuse(response, 405, "Not allowed", "Only GET and HEAD are answered here.");
  }
  const url = URL.parse(request.url ?? "", "http://window");
  // The parser folds dots away; the path as it was written decides what is a name.
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  if (url === null) return refuse(response, 400, "Not understood", "The address is not valid.");
  const token = url.searchParams.get("token");
  if (path === "/" && token !== null) return letIn(parts, response, token);
  if (!parts.access().hasCookie(request.headers.cookie)) return refuse(response, 401, "Not let in yet", HOW_TO_GET_IN);
  const file = await parts.files.find(path);
  if (file === null) return refuse(response, 404, "Not found", "There is no such page here.");
  const headers = { "content-type": file.type, etag: file.etag, "cache-control": file.cacheControl };
  if (request.headers["if-none-match"] === file.etag) return send(response, 304, headers, null);
  send(
    response,
    200,
    { ...headers, "content-length": String(file.body.length) },
    request.method === "HEAD" ? null : file.body,
  );
}

/** The token leaves the address bar at once: what stays is a cookie that scripts cannot read. */
function letIn(parts: WindowServerParts, response: ServerResponse, token: string): void {
  const access = parts.access();
  if (access.hasToken(token)) {
    return send(response, 303, { location: "/", "set-cookie": access.cookie(), "cache-control": "no-store" }, null);
  }
  if (!parts.limits.wrongTokens.take()) return refuse(response, 429, "Too many tries", "Wait a moment and try again.");
  refuse(response, 403, "Wrong token", HOW_TO_GET_IN);
}

function refuse(response: ServerResponse, status: number, title: string, text: string): void {
  const body = Buffer.from(plainPage(title, text));
  send(response, status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }, body);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer | null,
): void {
  response.writeHead(status, { ...pageSecurityHeaders(), ...headers });
  response.end(body ?? undefined);
}
