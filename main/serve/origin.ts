import type { IncomingMessage } from "node:http";

/** The names under which this machine's own browsers reach a loopback address. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Null, or why a request is not from a page of ours. A page of another site that has its name resolved to 127.0.0.1 (DNS rebinding)
 * is told by its `Host`; one that reaches for us directly by its `Origin`.
 */
export function originProblem(request: IncomingMessage, port: number): string | null {
  const hosts = LOOPBACK_NAMES.map((name) => `${name}:${port}`);
  const host = (request.headers.host ?? "").toLowerCase();
  if (!hosts.includes(host)) return `This server is known as ${hosts.join(", ")} only.`;
  const origin = request.headers.origin;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`)
    return "Pages of other sites have no access here.";
  if (request.headers["sec-fetch-site"] === "cross-site" && request.headers["sec-fetch-mode"] !== "navigate") {
    return "Pages of other sites have no access here.";
  }
  return null;
}

/** Null, or why a WebSocket is refused: browsers always name the page it comes from. */
export function socketOriginProblem(request: IncomingMessage, port: number): string | null {
  if (request.headers.origin === undefined) return "A WebSocket must name its Origin.";
  return originProblem(request, port);
}
