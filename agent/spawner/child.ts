import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { StreamName } from "#core/model/output-frame.ts";
import type { FifoPool, PipeEnds } from "./fifo-pool.ts";
import type { FromSpawner, ProcessEnd, StartRequest } from "./messages.ts";
import { OutputWriter } from "./output-writer.ts";
import { Pace } from "./pace.ts";
import { ReportLines } from "./report-lines.ts";

/** Of stderr, kept for the message of a failure. */
const STDERR_TAIL_BYTES = 4_096;
/** After the process itself ended: how long pipes may stay open before what holds them is hunted down. */
const HUNT_AFTER_MS = 100;
/** And how long before they are closed here whatever holds them. */
const CLOSE_AFTER_MS = 2_000;
/** `grew` is said at most so often. */
const GREW_EVERY_MS = 20;
/** Whoever reports faster waits. */
const REPORTS_AT_ONCE = 10_000;
const REPORTS_PER_SECOND = 1_000;
/** Between two looks whether what was killed is gone. */
const LOOK_EVERY_MS = 2;

/** What a process may leave behind when it ends. */
export interface Remains {
  /** Ends them, if there are any. */
  end(): void;
  /** Ends also what cut every tie that is quickly seen. */
  hunt(): void;
  areGone(): boolean;
  /** Whether the process and what it started used more memory than they may. */
  ranOutOfMemory(): boolean;
}

interface ChildInput {
  readonly request: StartRequest;
  readonly pipes: FifoPool | null;
  readonly tell: (message: FromSpawner, heard?: () => void) => void;
  readonly remains: Remains;
  readonly over: () => void;
}

/** One started process, its pipes and its log. */
export class Child {
  readonly #input: ChildInput;
  readonly #log: OutputWriter;
  readonly #captureFd: number | null;
  readonly #streams: Readable[] = [];
  readonly #process: ChildProcess;
  #open = 0;
  #captured = 0;
  #stderrTail: Buffer = Buffer.alloc(0);
  /** Why its output could not be kept. */
  #unkept: ProcessEnd["unkept"];
  readonly #reports = new ReportLines();
  readonly #reportPace = new Pace(REPORTS_AT_ONCE, REPORTS_PER_SECOND);
  #reportTimer: NodeJS.Timeout | undefined;
  #growTimer: NodeJS.Timeout | undefined;
  #exit: { readonly code: number | null; readonly signal: string | null } | undefined;
  #timers: NodeJS.Timeout[] = [];
  /** What has not gone by now may take for ever: it hangs in the kernel. */
  #isOverdue = false;
  #isOver = false;

  constructor(input: ChildInput) {
    this.#input = input;
    const { request, pipes } = input;
    this.#log = new OutputWriter(request.logPath, request.logLimitBytes);
    this.#captureFd = request.capturePath === null ? null : openSync(request.capturePath, "w", 0o600);
    try {
      this.#process = pipes === null ? this.#spawnWithSockets() : this.#spawnWithPipes(pipes);
    } catch (error) {
      // Arguments that no process can be started with: too long, or with a NUL in them.
      this.#closeFiles();
      throw error;
    }
    this.#process.on("error", (error) => this.#failed(error));
    this.#process.on("exit", (code, signal) => this.#exited(code, signal));
    const { pid } = this.#process;
    if (pid !== undefined) input.tell({ kind: "started", id: request.id, pid });
  }

  get id(): string {
    return this.#input.request.id;
  }

  /** Also the id of its session and process group. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  #spawnWithPipes(pipes: FifoPool): ChildProcess {
    const ends: PipeEnds[] = [];
    try {
      for (let index = 0; index < 3; index += 1) ends.push(pipes.take());
      const child = this.#spawn(["ignore", ...ends.map((end) => end.writeFd)]);
      const [stdout, stderr, report] = ends.map((end) => {
        const stream = new Socket({ fd: end.readFd, readable: true, writable: false });
        return stream.on("close", () => pipes.giveBack(end, stream.readableEnded));
      });
      this.#watch(stdout, (bytes) => this.#output("stdout", bytes));
      this.#watch(stderr, (bytes) => this.#output("stderr", bytes));
      // Before it is watched: what is left is told before the end is.
      report?.on("close", () => this.#report(this.#reports.end(), undefined));
      this.#watch(report, (bytes) => this.#report(this.#reports.take(bytes), report));
      return child;
    } catch (error) {
      for (const end of ends) {
        closeSync(end.readFd);
        pipes.giveBack(end, false);
      }
      throw error;
    } finally {
      for (const end of ends) closeSync(end.writeFd);
    }
  }

  #spawnWithSockets(): ChildProcess {
    const child = this.#spawn(["ignore", "pipe", "pipe"]);
    this.#watch(child.stdout ?? undefined, (bytes) => this.#output("stdout", bytes));
    this.#watch(child.stderr ?? undefined, (bytes) => this.#output("stderr", bytes));
    return child;
  }

  #spawn(stdio: ("ignore" | "pipe" | number)[]): ChildProcess {
    const { argv, folder, environment } = this.#input.request;
    const [program = "", ...rest] = argv;
    // `detached` calls setsid: its own session and process group.
    return spawn(program, rest, { cwd: folder, env: { ...environment }, detached: true, stdio, windowsHide: true });
  }

  #watch(stream: Readable | undefined, take: (bytes: Buffer) => void): void {
    if (stream === undefined) return;
    this.#streams.push(stream);
    this.#open += 1;
    stream.on("data", take);
    // A pipe that breaks has nothing more to say; its close follows.
    stream.on("error", () => stream.destroy());
    stream.on("close", () => {
      this.#open -= 1;
      this.#finishWhenDone();
    });
  }

  #output(stream: StreamName, bytes: Buffer): void {
    if (stream === "stderr") this.#keepStderr(bytes);
    if (this.#unkept !== undefined) return;
    try {
      if (this.#log.write(stream, bytes)) this.#grew();
      if (stream === "stdout") this.#capture(bytes);
    } catch (error) {
      this.#notKept(error);
    }
  }

  /** Nobody could tell what it did: it is ended, and others go on. */
  #notKept(error: unknown): void {
    this.#noteUnkept(error);
    this.#killGroup();
    this.#input.remains.end();
  }

  #noteUnkept(error: unknown): void {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    this.#unkept ??= { code, message: error instanceof Error ? error.message : String(error) };
  }

  #capture(bytes: Buffer): void {
    // One byte past the limit tells a cut result from one that just fits.
    const room = this.#input.request.captureLimitBytes + 1 - this.#captured;
    if (this.#captureFd === null || room <= 0) return;
    const part = bytes.subarray(0, room);
    for (let at = 0; at < part.length;) at += writeSync(this.#captureFd, part, at);
    this.#captured += part.length;
  }

  #keepStderr(bytes: Buffer): void {
    const joined = bytes.length >= STDERR_TAIL_BYTES ? bytes : Buffer.concat([this.#stderrTail, bytes]);
    this.#stderrTail = Buffer.from(joined.subarray(-STDERR_TAIL_BYTES));
  }

  /** The agent may take its time: until it has heard these, no more are read, and never more than it can take in beside its other work. */
  #report(lines: readonly string[], from: Readable | undefined): void {
    if (lines.length === 0) return;
    from?.pause();
    const waitMs = this.#reportPace.take(lines.length);
    this.#input.tell({ kind: "reports", id: this.id, lines }, () => {
      // What is left in the pipe when the process has ended is little.
      if (waitMs === 0 || this.#exit !== undefined) from?.resume();
      else this.#reportTimer = setTimeout(() => from?.resume(), waitMs);
    });
  }

  #grew(): void {
    this.#growTimer ??= setTimeout(() => {
      this.#growTimer = undefined;
      this.#flushLog();
      this.#input.tell({ kind: "grew", id: this.id });
    }, GREW_EVERY_MS);
  }

  #flushLog(): void {
    try {
      this.#log.flush();
    } catch (error) {
      this.#notKept(error);
    }
  }

  #failed(error: Error): void {
    if (this.#process.pid !== undefined) return;
    for (const stream of this.#streams) stream.destroy();
    this.#end();
    const code = "code" in error && typeof error.code === "string" ? error.code : "spawn";
    this.#input.tell({ kind: "failed", id: this.id, code, message: error.message });
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = { code, signal };
    this.#killGroup();
    clearTimeout(this.#reportTimer);
    for (const stream of this.#streams) stream.resume();
    const { remains } = this.#input;
    remains.end();
    this.#timers.push(
      setTimeout(() => remains.hunt(), HUNT_AFTER_MS),
      setTimeout(() => this.#giveUpWaiting(), CLOSE_AFTER_MS),
    );
    this.#finishWhenDone();
  }

  #giveUpWaiting(): void {
    this.#isOverdue = true;
    for (const stream of this.#streams) stream.destroy();
    this.#finishWhenDone();
  }

  #killGroup(): void {
    const { pid } = this.#process;
    if (pid === undefined || process.platform === "win32") return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // Nobody is left in the group, which is what is wanted.
    }
  }

  #finishWhenDone(): void {
    if (this.#exit === undefined || this.#open > 0 || this.#isOver) return;
    const { remains } = this.#input;
    if (!this.#isOverdue && !remains.areGone()) {
      this.#timers.push(setTimeout(() => this.#finishWhenDone(), LOOK_EVERY_MS));
      return;
    }
    const { code, signal } = this.#exit;
    const isOutOfMemory = remains.ranOutOfMemory();
    // Also the end of the output may find no room.
    this.#end();
    this.#input.tell({
      kind: "ended",
      id: this.id,
      code,
      signal,
      stderrTail: this.#stderrTail.toString("utf8"),
      isCaptureCut: this.#captured > this.#input.request.captureLimitBytes,
      isOutOfMemory,
      ...(this.#unkept === undefined ? {} : { unkept: this.#unkept }),
    });
  }

  #end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#growTimer);
    this.#closeFiles();
    this.#input.over();
  }

  #closeFiles(): void {
    try {
      this.#log.close();
    } catch (error) {
      this.#noteUnkept(error);
    }
    if (this.#captureFd !== null) closeSync(this.#captureFd);
  }
}
