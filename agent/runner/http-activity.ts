import type { Json } from "#core/base/json.ts";
import type { AttemptSpec, ResolvedAction } from "#core/model/attempt.ts";
import { MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import type { Activity, ActivityListener } from "./activity.ts";
import { AttemptError } from "./errors.ts";
import { toResult } from "./result.ts";

/** Without a timeout of the node's own, a request may take so long. */
const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const SHOWN_LENGTH = 500;

type HttpAction = ResolvedAction & { readonly kind: "http" };

/** One request. It cannot be stopped in place: a freeze lets it finish. */
export class HttpActivity implements Activity {
  readonly #action: HttpAction;
  readonly #spec: AttemptSpec;
  readonly #abort = new AbortController();

  constructor(action: HttpAction, spec: AttemptSpec) {
    this.#action = action;
    this.#spec = spec;
  }

  async run(listener: ActivityListener): Promise<Json> {
    listener.started(null);
    const { method } = this.#action;
    const url = parseUrl(this.#action.url);
    const what = `${method} ${withoutCredentials(url)}`;
    // A node with a timeout of its own is ended by that.
    const timeout = this.#spec.timeoutMs === null ? AbortSignal.timeout(DEFAULT_TIMEOUT_MS) : null;
    const signal = timeout === null ? this.#abort.signal : AbortSignal.any([this.#abort.signal, timeout]);
    try {
      return await this.#request(url, what, signal);
    } catch (error) {
      if (error instanceof AttemptError) throw error;
      if (timeout?.aborted === true)
        throw new AttemptError("http", `${what} failed: no whole answer within ${DEFAULT_TIMEOUT_MS} ms`);
      throw new AttemptError("http", `${what} failed: ${describe(error)}`, { cause: error });
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  kill(): void {
    this.#abort.abort();
  }

  freeze(): void {
    // See above: what is under way at the other end cannot be stopped from here.
  }

  thaw(): void {
    // Nothing was stopped.
  }

  async #request(url: URL, what: string, signal: AbortSignal): Promise<Json> {
    const { method, expect } = this.#action;
    const payload = this.#payload(url);
    // Who expects a redirection wants to see it, not where it leads.
    const redirect = expect.some(isRedirection) ? "manual" : "follow";
    const response = await fetch(withoutCredentials(url), {
      method,
      redirect,
      signal,
      ...payload,
    });
    const body = await readBody(response);
    if (expect.length === 0 ? response.ok : expect.includes(response.status))
      return toResult(body.bytes, body.isCut, this.#spec.result, "in the answer");
    const wanted = expect.length === 0 ? "200 to 299" : expect.join(", ");
    const shown = new TextDecoder().decode(body.bytes.subarray(0, SHOWN_LENGTH));
    throw new AttemptError(
      "http-status",
      `${what}: expected status ${wanted}, found ${response.status}; it answered: ${shown}`,
    );
  }

  #payload(url: URL): { headers: Headers; body?: string } {
    const { body } = this.#action;
    const headers = new Headers(this.#action.headers);
    const { run, path } = this.#spec.key;
    // So that a server can do once what is asked for more than once. Rule FLEET-5.
    if (!headers.has("idempotency-key")) headers.set("idempotency-key", `${run}/${path}`);
    if (url.username !== "" && !headers.has("authorization")) headers.set("authorization", toBasic(url));
    if (body === null) return { headers };
    if (typeof body === "string") return { headers, body };
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return { headers, body: JSON.stringify(body) };
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new AttemptError(
    "http",
    `expected an address that begins with http:// or https://, found ${JSON.stringify(text)}`,
  );
}

/** Node refuses addresses with a name and password, and messages should not have them either. */
function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}

function toBasic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function isRedirection(status: number): boolean {
  return status >= 300 && status <= 399;
}

/** Node's own message is "fetch failed"; the cause, or the causes of each address tried, say why. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const causes = cause instanceof AggregateError ? cause.errors : [cause];
  const reasons = causes.map((one) => (one instanceof Error ? one.message : String(one)));
  return `${error.message}: ${reasons.join("; ")}`;
}

/** At most what a result may have; the rest is not even read. */
async function readBody(response: Response): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > MAX_RESULT_BYTES) return { bytes: Buffer.concat(parts), isCut: true };
  }
  return { bytes: Buffer.concat(parts), isCut: false };
}
