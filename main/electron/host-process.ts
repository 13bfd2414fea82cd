import type { UtilityProcess } from "electron";
import { safeStorage, utilityProcess } from "electron";
import { assertNever } from "#core/base/assert.ts";
import type { HostReply, HostRequest } from "#core/ipc/host-link.ts";
import { parseHostReply } from "#core/ipc/host-link.ts";
import { Backlog } from "./backlog.ts";
import { relayOutput } from "./host-output.ts";
import { answerSecret } from "./secrets.ts";
import { RestartPolicy } from "./restart-policy.ts";
import type { ShellLog } from "./shell-log.ts";

/** How long a coordinator may take to open its journal and say `ready`. */
const START_DEADLINE_MS = 60_000;
/** How long a coordinator that said `failed` may take to exit by itself. */
const FAILED_EXIT_MS = 2_000;
/** How long after the polite signal the other one follows. */
const KILL_GRACE_MS = 1_000;

/** Why there is no coordinator and none will be started by itself. */
export type HostEnd =
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "crashing"; readonly exitCode: number };

export interface HostListener {
  ready(): void;
  frame(session: string, frame: string): void;
  /** The process is gone, and with it every session; `ready` follows, or `ended`. */
  lost(): void;
  ended(end: HostEnd): void;
}

type HostState =
  | { readonly kind: "stopped" }
  | { readonly kind: "starting"; readonly child: UtilityProcess; readonly timer: NodeJS.Timeout }
  | { readonly kind: "ready"; readonly child: UtilityProcess }
  | { readonly kind: "failed"; readonly child: UtilityProcess; readonly end: HostEnd }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "quitting"; readonly child: UtilityProcess };

/** The coordinator as a child process: started, started again when it crashes, ended in order. */
export class HostProcess {
  readonly #entry: string;
  readonly #dataFolder: string;
  readonly #log: ShellLog;
  readonly #listener: HostListener;
  readonly #policy = new RestartPolicy();
  readonly #backlog = new Backlog();
  #state: HostState = { kind: "stopped" };

  constructor(entry: string, dataFolder: string, log: ShellLog, listener: HostListener) {
    this.#entry = entry;
    this.#dataFolder = dataFolder;
    this.#log = log;
    this.#listener = listener;
  }

  get isReady(): boolean {
    return this.#state.kind === "ready";
  }

  /** Starts it, also after it was given up. Does nothing while there is one. */
  start(): void {
    if (this.#state.kind !== "stopped") return;
    this.#policy.forget();
    this.#fork();
  }

  /** Sends a request, or keeps it until the coordinator is ready; false when no more can be kept or none will come. */
  post(request: HostRequest): boolean {
    switch (this.#state.kind) {
      case "ready":
        this.#state.child.postMessage(request);
        return true;
      case "starting":
      case "waiting":
        return this.#backlog.add(request);
      case "stopped":
      case "failed":
      case "quitting":
        return false;
      default:
        return assertNever(this.#state);
    }
  }

  /** Asks it to finish and waits for its exit; after `deadlineMs` it is killed. */
  async quit(deadlineMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind === "starting" || state.kind === "waiting") clearTimeout(state.timer);
    if (state.kind === "waiting" || state.kind === "stopped" || state.kind === "quitting") {
      this.#state = state.kind === "quitting" ? state : { kind: "stopped" };
      return;
    }
    const child = state.child;
    this.#state = { kind: "quitting", child };
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.postMessage({ kind: "quit" } satisfies HostRequest);
    const timer = setTimeout(() => {
      this.#log.warn("the coordinator did not quit in time and is ended", { deadlineMs });
      this.#kill(child);
    }, deadlineMs);
    await exited;
    clearTimeout(timer);
  }

  #fork(): void {
    const child = utilityProcess.fork(this.#entry, ["--data", this.#dataFolder], {
      serviceName: "Lanweave coordinator",
      stdio: "pipe",
    });
    const timer = setTimeout(() => {
      this.#log.error("the coordinator did not become ready in time and is ended", { deadlineMs: START_DEADLINE_MS });
      this.#kill(child);
    }, START_DEADLINE_MS);
    this.#state = { kind: "starting", child, timer };
    relayOutput(child, this.#log);
    child.on("message", (data: unknown) => this.#receive(child, data));
    child.once("exit", (exitCode) => this.#exited(exitCode));
  }

  #receive(child: UtilityProcess, data: unknown): void {
    const reply = parseHostReply(data);
    if (!reply.ok) return this.#log.error("the coordinator sent what is no message", { problem: reply.error });
    this.#act(child, reply.value);
  }

  #act(child: UtilityProcess, reply: HostReply): void {
    if (this.#state.kind === "quitting") return;
    switch (reply.kind) {
      case "ready":
        return this.#becomeReady();
      case "frame":
        return this.#listener.frame(reply.session, reply.frame);
      case "secret": {
        const text = answerSecret(safeStorage, this.#log, reply);
        return child.postMessage({ kind: "secret", id: reply.id, text } satisfies HostRequest);
      }
      case "failed":
        return this.#becomeFailed(child, { kind: "refused", code: reply.code, message: reply.message });
      default:
        return assertNever(reply);
    }
  }

  #becomeReady(): void {
    if (this.#state.kind !== "starting") return this.#log.warn("the coordinator said ready twice");
    clearTimeout(this.#state.timer);
    const child = this.#state.child;
    this.#state = { kind: "ready", child };
    this.#log.info("the coordinator is ready", { pid: child.pid ?? null });
    for (const request of this.#backlog.take()) child.postMessage(request);
    this.#listener.ready();
  }

  #becomeFailed(child: UtilityProcess, end: HostEnd): void {
    if (this.#state.kind === "starting") clearTimeout(this.#state.timer);
    this.#state = { kind: "failed", child, end };
    const timer = setTimeout(() => this.#kill(child), FAILED_EXIT_MS);
    child.once("exit", () => clearTimeout(timer));
  }

  #exited(exitCode: number): void {
    const state = this.#state;
    if (state.kind === "starting") clearTimeout(state.timer);
    this.#backlog.take();
    this.#state = { kind: "stopped" };
    if (state.kind === "quitting") return;
    this.#log.error("the coordinator ended", { exitCode });
    this.#listener.lost();
    if (state.kind === "failed") return this.#listener.ended(state.end);
    const decision = this.#policy.crashed(performance.now());
    if (decision.kind === "give-up") return this.#listener.ended({ kind: "crashing", exitCode });
    this.#state = { kind: "waiting", timer: setTimeout(() => this.#fork(), decision.delayMs) };
  }

  /** First as a person would ask, then as the system can: a stopped or spinning process hears only the second. */
  #kill(child: UtilityProcess): void {
    const pid = child.pid;
    child.kill();
    if (pid === undefined) return;
    const timer = setTimeout(() => endByForce(pid, this.#log), KILL_GRACE_MS);
    child.once("exit", () => clearTimeout(timer));
  }
}

function endByForce(pid: number, log: ShellLog): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    log.warn("the coordinator was gone before it could be ended", { pid, problem: String(error) });
  }
}
