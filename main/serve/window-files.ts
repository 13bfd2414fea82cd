import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};
/** Vite's output: a digest before the extension means that the content never changes under that name. */
const HASHED_NAME = /^\/assets\/.*-[\w-]{8,}\.\w+$/;
const SAFE_SEGMENT = /^[\w@+~-][\w@+~.-]*$/;
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** One file of the window, ready to send. */
export interface WindowFile {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/** The built window: the files below `dist/renderer`, and nothing beside it. */
export class WindowFiles {
  readonly #root: string;
  readonly #etags = new Map<string, string>();

  /** Throws when the window was not built. */
  constructor(folder: string) {
    if (!existsSync(join(folder, "index.html"))) throw new WindowMissingError(folder);
    this.#root = realpathSync(folder);
  }

  /** The file that `path` (of a URL, still encoded) names, or null. A page's own path without a name is its `index.html`. */
  async find(path: string): Promise<WindowFile | null> {
    const name = path === "/" ? "/index.html" : path;
    const segments = name.slice(1).split("/");
    // Vite gives its files plain names: whatever needs decoding, or means another folder, is none of them.
    if (!segments.every((segment) => SAFE_SEGMENT.test(segment))) return null;
    try {
      const file = await realpath(join(this.#root, ...segments));
      if (!file.startsWith(this.#root + sep)) return null;
      const found = await stat(file);
      if (!found.isFile() || found.size > MAX_FILE_BYTES) return null;
      const body = await readFile(file);
      const etag = this.#etag(`${file} ${found.size} ${found.mtimeMs}`, body);
      const cacheControl = HASHED_NAME.test(name) ? "private, max-age=31536000, immutable" : "no-cache";
      return {
        body,
        type: CONTENT_TYPES[extname(file).toLowerCase()] ?? "application/octet-stream",
        etag,
        cacheControl,
      };
    } catch {
      // No such file, or one that just went: both are a 404.
      return null;
    }
  }

  #etag(version: string, body: Buffer): string {
    const known = this.#etags.get(version);
    if (known !== undefined) return known;
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
    this.#etags.set(version, etag);
    return etag;
  }
}

/** The window's files are not where they should be. */
export class WindowMissingError extends Error {
  readonly code = "window-missing";
  constructor(folder: string) {
    super(`the window's files are not in ${folder}: run "npm run build" first`);
  }
}
