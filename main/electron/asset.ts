import { extname, join, normalize, sep } from "node:path";

/** Where the page lives: a scheme of its own, so that it shares no origin with any file or site. */
export const APP_SCHEME = "app";
export const APP_HOST = "lanweave";
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/`;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** The file of `folder` that a request for `url` means; undefined for another host, another scheme or a path out of the folder. */
export function assetFile(folder: string, url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== `${APP_SCHEME}:` || parsed.host !== APP_HOST) return undefined;
  const path = decodePath(parsed.pathname);
  if (path === undefined || path.includes("\0") || path.includes("\\")) return undefined;
  const file = normalize(join(folder, path === "/" ? "index.html" : path));
  return file.startsWith(normalize(folder) + sep) ? file : undefined;
}

/** What the file is served as. A type we do not know is never guessed. */
export function contentType(file: string): string {
  return CONTENT_TYPES[extname(file).toLowerCase()] ?? "application/octet-stream";
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not valid percent-encoding: such a file does not exist.
    return undefined;
  }
}
