import type { AttemptKey, AttemptSpec } from "#core/model/attempt.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import type { AttemptOutcome } from "#core/model/run.ts";
import type { Link, LinkFailure, LinkTarget, LinkTransport } from "#core/ports/link.ts";
import { fromAttemptKey, fromAttemptSpec, toOutcome } from "#core/protocol/convert.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";

const WAIT_MS = 15_000;

type Of<Kind extends AgentMessage["kind"]> = Extract<AgentMessage, { kind: Kind }>;

/** A link that keeps what came, so that a test can wait for what came or will come. */
export class TestLink {
  readonly #link: Link;
  readonly received: AgentMessage[] = [];
  /** Called for each message before anybody who waits for it. */
  onMessage: (message: AgentMessage) => void = () => undefined;
  closedWith: LinkFailure | undefined;
  closings = 0;
  isOpen = false;
  #wake = Promise.withResolvers<void>();

  constructor(links: LinkTransport, target: LinkTarget) {
    this.#link = links.connect(target, {
      opened: () => {
        this.isOpen = true;
        this.#ring();
      },
      received: (message) => {
        this.received.push(message);
        this.onMessage(message);
        this.#ring();
      },
      closed: (failure) => {
        this.closings += 1;
        this.closedWith = failure;
        this.#ring();
      },
    });
  }

  send(message: AppMessage): boolean {
    return this.#link.send(message);
  }

  assign(spec: AttemptSpec): void {
    this.send({ kind: "assign", spec: fromAttemptSpec(spec) });
  }

  close(): void {
    this.#link.close();
  }

  #ring(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** What `pick` finds, now or later; fails at the deadline, and when the link closes before. */
  async until<T>(what: string, pick: () => T | undefined, waitMs = WAIT_MS): Promise<T> {
    const end = performance.now() + waitMs;
    for (;;) {
      const found = pick();
      if (found !== undefined) return found;
      const leftMs = end - performance.now();
      if (leftMs <= 0 || this.closedWith !== undefined)
        throw new Error(
          `no ${what}: ${JSON.stringify(this.closedWith ?? "deadline")} ${JSON.stringify(this.received).slice(0, 2_000)}`,
        );
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#wake.promise, late.promise]);
      clearTimeout(timer);
    }
  }

  all<Kind extends AgentMessage["kind"]>(kind: Kind): Of<Kind>[] {
    return this.received.filter((message): message is Of<Kind> => message.kind === kind);
  }

  message<Kind extends AgentMessage["kind"]>(
    kind: Kind,
    fits: (message: Of<Kind>) => boolean = () => true,
  ): Promise<Of<Kind>> {
    return this.until(kind, () => this.all(kind).find(fits));
  }

  async hello(app: string, major = 1, minor = 0): Promise<Of<"welcome">> {
    await this.until("open link", () => (this.isOpen ? true : undefined));
    this.send({ kind: "hello", protocol: { major, minor }, app, appName: "Test app", appVersion: "0" });
    return this.message("welcome");
  }

  async outcome(key: AttemptKey): Promise<AttemptOutcome> {
    const ended = await this.message("ended", (message) => isSame(message.key, key));
    return toOutcome(ended.outcome);
  }

  /** Takes all output that comes and acknowledges it, as a coordinator does. */
  takeOutput(): Map<string, { stdout: string; stderr: string; sizeBytes: number }> {
    const taken = new Map<string, { stdout: string; stderr: string; sizeBytes: number }>();
    this.onMessage = (message) => {
      if (message.kind !== "output") return;
      const name = message.key.path;
      const own = taken.get(name) ?? { stdout: "", stderr: "", sizeBytes: 0 };
      taken.set(name, own);
      const bytes = Buffer.from(message.base64, "base64");
      const news = bytes.subarray(Math.max(0, own.sizeBytes - message.offset));
      if (message.offset <= own.sizeBytes) {
        own[message.stream] += news.toString("latin1");
        own.sizeBytes += news.length;
      }
      this.send({ kind: "output-taken", key: message.key, offset: own.sizeBytes });
    };
    return taken;
  }
}

export function isSame(
  left: { readonly run: string; readonly path: string; readonly fence: number },
  right: AttemptKey,
): boolean {
  return left.run === right.run && left.path === right.path && left.fence === right.fence;
}

/** Of this process alone: processes of attempts are looked for by it, while other tests have theirs. */
export const RUN = `r${process.pid}` as RunId;

export function keyOf(path: string, fence = 1): AttemptKey {
  return { run: RUN, path: path as NodePath, fence };
}

/** An attempt of a shell script, with everything else plain. */
export function specOf(path: string, script: string, more: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    key: keyOf(path),
    attempt: 1,
    level: 1,
    workflow: "test",
    action: { kind: "run", script, shell: "sh" },
    result: "text",
    environment: {},
    filesIn: [],
    filesOut: [],
    timeoutMs: null,
    cpus: 0,
    memoryBytes: 0,
    ...more,
  };
}

export { fromAttemptKey };
