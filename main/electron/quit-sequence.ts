import type { ShellLog } from "./shell-log.ts";

export interface QuitPhase {
  readonly name: string;
  /** The next phase begins after this long, whatever this one does. */
  readonly deadlineMs: number;
  run(): void | Promise<void>;
}

/** Runs the phases in order, once; a phase that fails or hangs is logged and does not keep the app from quitting. */
export class QuitSequence {
  readonly #phases: readonly QuitPhase[];
  readonly #log: ShellLog;
  #finished: Promise<void> | undefined;
  #isFinished = false;

  constructor(phases: readonly QuitPhase[], log: ShellLog) {
    this.#phases = phases;
    this.#log = log;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Every call gives the same promise; it never rejects. */
  run(): Promise<void> {
    this.#finished ??= this.#runPhases();
    return this.#finished;
  }

  async #runPhases(): Promise<void> {
    for (const phase of this.#phases) await this.#runPhase(phase);
    this.#isFinished = true;
  }

  async #runPhase(phase: QuitPhase): Promise<void> {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), phase.deadlineMs);
    try {
      const end = await Promise.race([Promise.resolve(phase.run()), late.promise]);
      if (end === "late")
        this.#log.error("a phase of quitting took too long", { phase: phase.name, deadlineMs: phase.deadlineMs });
    } catch (error) {
      this.#log.error("a phase of quitting failed", { phase: phase.name, problem: String(error) });
    } finally {
      clearTimeout(timer);
    }
  }
}
