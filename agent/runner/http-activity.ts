import type { Json } from "#core/base/json.ts";
import type { ResolvedAction } from "#core/model/attempt.ts";
import { MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import type { Activity, ActivityListener } from "./activity.ts";
import { AttemptError } from "./errors.ts";
import { type ResultMode, toResult } from "./result.ts";

/** Without a timeout of the node's own, a request may take so long. */
const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const SHOWN_LENGTH = 500;

type HttpAction = ResolvedAction & { readonly kind: "http" };

/** One request. It cannot be stopped in place: a freeze lets it finish. */
export class HttpActivity implements Activity {
  readonly #action: HttpAction;
  readonly #mode: ResultMode;
  readonly #abort = new AbortController();

  constructor(action: HttpAction, mode: ResultMode) {
    this.#action = action;
    this.#mode = mode;
  }

  async run(listener: ActivityListener): Promise<Json> {
    listener.started(null);
    const { method, url } = this.#action;
    try {
      return await this.#request();
    } catch (error) {
      if (error instanceof AttemptError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
      throw new AttemptError(
        "http",
        `${method} ${url} failed: ${error instanceof Error ? error.message : String(error)}${cause}`,
      );
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

  async #request(): Promise<Json> {
    const { method, url, expect } = this.#action;
    checkUrl(url);
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(DEFAULT_TIMEOUT_MS)]);
    const response = await fetch(url, { method, signal, ...this.#payload() });
    const body = await readBody(response);
    if (expect.length === 0 ? response.ok : expect.includes(response.status))
      return toResult(body.bytes, body.isCut, this.#mode);
    const wanted = expect.length === 0 ? "200 to 299" : expect.join(", ");
    const shown = new TextDecoder().decode(body.bytes.subarray(0, SHOWN_LENGTH));
    throw new AttemptError(
      "http-status",
      `${method} ${url}: expected status ${wanted}, found ${response.status}; it answered: ${shown}`,
    );
  }

  #payload(): { headers: Headers; body?: string } {
    const headers = new Headers(this.#action.headers);
    const { body } = this.#action;
    if (body === null) return { headers };
    if (typeof body === "string") return { headers, body };
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return { headers, body: JSON.stringify(body) };
  }
}

function checkUrl(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol === "http:" || protocol === "https:") return;
  throw new AttemptError(
    "http",
    `expected an address that begins with http:// or https://, found ${JSON.stringify(url)}`,
  );
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
