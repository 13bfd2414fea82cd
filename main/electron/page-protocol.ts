import { readFile } from "node:fs/promises";
import { protocol } from "electron";
import { pageSecurityHeaders } from "#core/ipc/content-security.ts";
import { APP_SCHEME, assetFile, contentType } from "./asset.ts";

/** Must run before the app is ready: `standard` gives the page an origin, `secure` makes it a secure context. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built window from `folder` (inside the app's archive), every answer with the security headers. */
export function servePage(folder: string): void {
  protocol.handle(APP_SCHEME, async (request) => {
    if (request.method !== "GET") return refusal(405);
    const file = assetFile(folder, request.url);
    if (file === undefined) return refusal(404);
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined) return refusal(404);
    return new Response(new Uint8Array(body), {
      headers: { ...pageSecurityHeaders(), "content-type": contentType(file), "cache-control": "no-cache" },
    });
  });
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: pageSecurityHeaders() });
}
