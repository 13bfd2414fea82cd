import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TOKEN_NAME = "serve-token";
const TOKEN_BYTES = 32;
/** A browser keeps its cookie this long after the address with the token was opened last. */
const COOKIE_LIFE_S = 30 * 24 * 3_600;

/** Who may see the window: whoever knows the token, and browsers that have shown it once. */
export interface Access {
  readonly token: string;
  /** Whether `token` is the right one; takes the same time for every wrong one. */
  hasToken(token: string): boolean;
  /** Whether the header `Cookie` of a request carries what `cookie` gave. */
  hasCookie(header: string | undefined): boolean;
  /** The value of `Set-Cookie`. */
  cookie(): string;
}

/** Reads the token of a data folder, or makes one: the same address works again after a restart. */
export function readToken(dataDir: string): string {
  const file = join(dataDir, TOKEN_NAME);
  try {
    const token = readFileSync(file, "utf8").trim();
    if (/^[\w-]{43}$/.test(token)) return token;
  } catch {
    // None yet: the first start makes it.
  }
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${token}\n`, { mode: 0o600 });
  renameSync(temporary, file);
  return token;
}

/** Browsers give a cookie to every port of a host: so it is named by the port, and it is not the token but made from it. */
export function createAccess(token: string, port: number): Access {
  const name = `lanweave-${port}`;
  const secret = createHmac("sha256", token).update(`cookie ${port}`).digest("base64url");
  return {
    token,
    hasToken: (given) => isSame(given, token),
    hasCookie: (header) => cookieValues(header ?? "", name).some((value) => isSame(value, secret)),
    cookie: () => `${name}=${secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${COOKIE_LIFE_S}`,
  };
}

function cookieValues(header: string, name: string): readonly string[] {
  return header
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
}

function isSame(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
