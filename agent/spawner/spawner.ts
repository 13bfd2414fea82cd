import type { Disposable } from "#core/base/dispose.ts";
import { type AttemptCgroup, Cgroups } from "./cgroup.ts";
import { Child, type Remains } from "./child.ts";
import { FifoPool } from "./fifo-pool.ts";
import { Freezer } from "./freezer.ts";
import { Guard } from "./guard.ts";
import { CAN_SET_UP, toLaunchArgv } from "./launch.ts";
import { isMarkOf, readMark, toAttemptMark } from "./marks.ts";
import {
  type FromSpawner,
  type SpawnerOptions,
  type StartRequest,
  TOKEN_VARIABLE,
  toToken,
  type ToSpawner,
} from "./messages.ts";
import { type GroupName, signalGroups, wakeGroups } from "./process-groups.ts";
import { killAll, readToken } from "./process-table.ts";

/** After an attempt ended: when to look for processes of ended attempts that cut every tie. */
const SWEEP_EVERY_MS = 500;

interface Started {
  readonly child: Child;
  readonly token: string;
  readonly mark: string;
  readonly cgroup: AttemptCgroup | undefined;
}

/** Starts processes, and sees to it that nothing of them is left when they end, or when this ends. Rule FLEET-10. */
export class Spawner implements Disposable {
  readonly #options: SpawnerOptions;
  readonly #tell: (message: FromSpawner, heard?: () => void) => void;
  readonly #pipes: FifoPool | null;
  readonly #cgroups: Cgroups | null;
  readonly #guard: Guard;
  readonly #freezer: Freezer;
  readonly #started = new Map<string, Started>();
  #count = 0;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweptMs = -Infinity;

  constructor(options: SpawnerOptions, tell: (message: FromSpawner, heard?: () => void) => void) {
    this.#options = options;
    this.#tell = tell;
    const { token, mark, pipeFolder, cgroups } = options;
    this.#pipes = process.platform === "win32" ? null : new FifoPool(pipeFolder);
    this.#cgroups = cgroups === null ? null : new Cgroups(cgroups, mark);
    this.#guard = new Guard({ token, mark, cgroupFolder: this.#cgroups?.folder ?? null });
    this.#freezer = new Freezer(
      (id) => this.#groupOf(id),
      (ids) => tell({ kind: "frozen", ids }),
    );
  }

  obey(message: ToSpawner): void {
    switch (message.kind) {
      case "start":
        return this.#start(message);
      case "signal":
        for (const id of message.ids) this.#freezer.forget(id);
        signalGroups(this.#groupsOf(message.ids), message.signal);
        return wakeGroups(this.#groupsOf(message.ids));
      case "freeze":
        return this.#freezer.freeze(message.ids);
      case "thaw":
        this.#freezer.thaw(message.ids);
        return this.#tell({ kind: "thawed", ids: message.ids.filter((id) => this.#started.has(id)) });
    }
  }

  /** Ends everything that was started. */
  dispose(): void {
    clearTimeout(this.#sweepTimer);
    this.#cgroups?.killAll();
    signalGroups(this.#groupsOf([...this.#started.keys()]), "SIGKILL");
    this.#killStrays(() => false);
    this.#cgroups?.dispose();
    this.#pipes?.dispose();
    this.#guard.dispose();
  }

  #start(request: StartRequest): void {
    const { id } = request;
    const cgroup = this.#makeCgroup(request);
    try {
      this.#count += 1;
      const token = toToken(this.#options.token, id);
      const mark = toAttemptMark(this.#options.mark, this.#count);
      const environment = { ...request.environment, [TOKEN_VARIABLE]: token };
      const argv = this.#launchArgv({ ...request, environment }, mark, cgroup);
      const remains = this.#remainsOf(token, mark, cgroup);
      const over = (): void => this.#over(id, cgroup);
      const child = new Child({
        request: { ...request, argv, environment },
        pipes: this.#pipes,
        tell: this.#tell,
        remains,
        over,
      });
      this.#started.set(id, { child, token, mark, cgroup });
    } catch (error) {
      cgroup?.remove();
      const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "spawn";
      const text = error instanceof Error ? error.message : String(error);
      this.#tell({ kind: "failed", id, code, message: text });
    }
  }

  #makeCgroup(request: StartRequest): AttemptCgroup | undefined {
    try {
      return this.#cgroups?.make(request);
    } catch (error) {
      // Somebody has removed ours, or there may be no more of them: work goes on, but for the limits.
      const message = `an attempt runs without a control group: ${error instanceof Error ? error.message : String(error)}`;
      this.#tell({ kind: "warning", message });
      return undefined;
    }
  }

  #launchArgv(request: StartRequest, mark: string, cgroup: AttemptCgroup | undefined): readonly string[] {
    if (!CAN_SET_UP) return request.argv;
    const isLimitedTogether = cgroup !== undefined && this.#cgroups?.limitsMemory === true;
    return toLaunchArgv(request, {
      entrance: cgroup?.entrance ?? null,
      mark,
      memoryBytes: isLimitedTogether ? 0 : request.processMemoryBytes,
    });
  }

  #remainsOf(token: string, mark: string, cgroup: AttemptCgroup | undefined): Remains {
    const isOfAttempt = (pid: number): boolean => readMark(pid) === mark || readToken(pid) === token;
    return {
      end: () => {
        if (cgroup === undefined) return this.#sweepIfDue();
        if (!cgroup.isEmpty()) cgroup.kill();
      },
      hunt: () => void killAll(isOfAttempt),
      areGone: () => cgroup?.isEmpty() ?? true,
      ranOutOfMemory: () => cgroup?.ranOutOfMemory() ?? false,
    };
  }

  #over(id: string, cgroup: AttemptCgroup | undefined): void {
    cgroup?.remove();
    this.#started.delete(id);
    this.#freezer.forget(id);
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), SWEEP_EVERY_MS);
  }

  #sweepIfDue(): void {
    if (performance.now() - this.#sweptMs >= SWEEP_EVERY_MS) this.#sweep();
  }

  #sweep(): void {
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = undefined;
    const live = [...this.#started.values()].filter(({ child }) => !child.hasExited);
    const known = new Set(live.flatMap(({ token, mark }) => [token, mark]));
    this.#killStrays((name) => known.has(name));
    this.#sweptMs = performance.now();
  }

  /** Ends every process of this spawner that is not of an attempt that `isLive`, by its token or mark. */
  #killStrays(isLive: (name: string) => boolean): void {
    const { token: prefix, mark: digits } = this.#options;
    killAll((pid) => {
      const mark = readMark(pid);
      if (mark !== undefined && isMarkOf(digits, mark)) return !isLive(mark);
      const token = readToken(pid);
      return token?.startsWith(`${prefix}.`) === true && !isLive(token);
    });
  }

  #groupOf(id: string): GroupName | undefined {
    const started = this.#started.get(id);
    const pid = started?.child.pid;
    if (started === undefined || pid === undefined) return undefined;
    const { token, mark, cgroup } = started;
    return { pid, token, mark, cgroup };
  }

  #groupsOf(ids: readonly string[]): GroupName[] {
    return ids.map((id) => this.#groupOf(id)).filter((group) => group !== undefined);
  }
}
