import type { AttemptKey } from "#core/model/attempt.ts";
import type { AttemptOutcome, TaskReport } from "#core/model/run.ts";
import type { Attempt } from "#core/ports/attempts.ts";
import { OUTPUT_WINDOW_BYTES } from "#core/protocol/messages.ts";

/** Reports of one attempt that wait to be sent; beyond it the oldest go. */
const MAX_REPORTS = 1_000;

/** An attempt of one app, and what of it that app has been told. */
export class HeldAttempt {
  readonly key: AttemptKey;
  attempt: Attempt | undefined;
  pid: number | null = null;
  hasStarted = false;
  isSuspended = false;
  outcome: AttemptOutcome | undefined;
  /** The app took the outcome; only output is left to deliver. */
  isSettled = false;
  settledMs = 0;
  /** It is being ended without an outcome: nobody is told of it any more. */
  isAbandoned = false;
  readonly reports: TaskReport[] = [];

  /** Output sent on the present link, and output the app has kept. */
  sentOffset = 0;
  takenOffset = 0;
  mayHaveOutput = false;
  /** How often it was said to have grown, to tell whether that happened during a read. */
  growth = 0;
  #wasTakenOnThisLink = false;

  constructor(key: AttemptKey) {
    this.key = key;
  }

  get state(): "running" | "suspended" | "ended" {
    if (this.outcome !== undefined) return "ended";
    return this.isSuspended ? "suspended" : "running";
  }

  /** Bytes that may be sent now without an answer. */
  get outputRoom(): number {
    return Math.max(0, this.takenOffset + OUTPUT_WINDOW_BYTES - this.sentOffset);
  }

  /** Everything there was to read has been kept by the app. */
  get isOutputDelivered(): boolean {
    return !this.mayHaveOutput && this.takenOffset >= this.sentOffset;
  }

  addReport(report: TaskReport): void {
    const last = this.reports.at(-1);
    if (report.kind === "progress" && last?.kind === "progress") this.reports.pop();
    this.reports.push(report);
    if (this.reports.length > MAX_REPORTS) this.reports.shift();
  }

  /** A new link begins: what was under way on the last one may be lost. */
  restartOutput(): void {
    this.sentOffset = this.takenOffset;
    this.mayHaveOutput = true;
    this.#wasTakenOnThisLink = false;
  }

  /**
   * The app has kept output up to `offset`, or wants none before it. Its first word on a link may also go back: the app
   * knows best what it has.
   */
  outputTaken(offset: number): void {
    const goesBack = offset < this.takenOffset;
    if (goesBack && this.#wasTakenOnThisLink) return;
    this.#wasTakenOnThisLink = true;
    this.takenOffset = offset;
    this.sentOffset = goesBack ? offset : Math.max(this.sentOffset, offset);
    if (goesBack) this.mayHaveOutput = true;
  }
}
