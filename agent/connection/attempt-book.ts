import { type AttemptKey, type AttemptSpec, toKeyText } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import type { AttemptListener, AttemptRunner, EndedAttempt } from "#core/ports/attempts.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import { fromAttemptKey, fromOutcome } from "#core/protocol/convert.ts";
import { MAX_HELD_ATTEMPTS } from "#core/protocol/limits.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import { HeldAttempt } from "./held-attempt.ts";

/** Names of attempts that were settled, kept so that an order that comes again is not carried out again. */
const MAX_SETTLED = 10_000;
/** The keys of all held attempts together, in characters: `welcome` names them all in one message, beside as many signs of its own. */
const MAX_HELD_KEY_LENGTH = 1_500_000;
/** A settled attempt whose output the app does not take is forgotten after so long. */
const DELIVER_WITHIN_MS = 60_000;

/** What of the attempts the app is to be told. Nothing is kept for later: `retell` says it all again on a new link. */
export interface BookListener {
  tell(message: AgentMessage): void;
  suspended(key: AttemptKey): void;
  resumed(key: AttemptKey): void;
  /** It has reports to send. */
  reported(held: HeldAttempt): void;
  /** There is output to send. */
  grew(): void;
}

interface BookInput {
  readonly app: AppId;
  readonly runner: AttemptRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: BookListener;
}

/** The attempts this agent holds for one app, running and ended, until they are settled. Rules FLEET-5, FLEET-6, RUN-8. */
export class AttemptBook {
  readonly #input: BookInput;
  readonly #held = new Map<string, HeldAttempt>();
  readonly #settled = new Set<string>();
  #heldKeyLength = 0;
  #isQuitting = false;

  constructor(input: BookInput) {
    this.#input = input;
  }

  /** But for those being abandoned. */
  all(): readonly HeldAttempt[] {
    return [...this.#held.values()].filter((held) => !held.isAbandoned);
  }

  /** Attempts not ended. */
  get running(): number {
    let count = 0;
    for (const held of this.#held.values()) if (held.outcome === undefined) count += 1;
    return count;
  }

  find(key: AttemptKey): HeldAttempt | undefined {
    const held = this.#held.get(toKeyText(key));
    return held?.isAbandoned === true ? undefined : held;
  }

  restore(ended: EndedAttempt): void {
    const held = new HeldAttempt(ended.key);
    held.attempt = ended.attempt;
    held.outcome = ended.outcome;
    held.mayHaveOutput = true;
    this.#hold(toKeyText(ended.key), held);
  }

  /** What the app may have missed, on a new link. */
  retell(): void {
    for (const held of this.all()) {
      held.restartOutput();
      if (!held.isSettled) this.#tellState(held);
    }
  }

  assign(spec: AttemptSpec): void {
    const { key } = spec;
    const text = toKeyText(key);
    const known = this.#held.get(text);
    if (this.#settled.has(text)) return this.#refuse("assign", "settled", "this attempt was settled before", key);
    if (known?.isAbandoned === true) {
      return this.#refuse("assign", "lost", "this attempt is being ended, because its app was out of reach", key);
    }
    if (known !== undefined) return this.#tellState(known);
    if (this.#isQuitting) return this.#refuse("assign", "stopping", "the agent is about to quit", key);
    if (this.#held.size >= MAX_HELD_ATTEMPTS) {
      const message = `the agent holds ${MAX_HELD_ATTEMPTS} attempts of this app, the most it can; settle some first`;
      return this.#refuse("assign", "busy", message, key);
    }
    if (this.#heldKeyLength + text.length > MAX_HELD_KEY_LENGTH) {
      const message = `the agent holds ${this.#held.size} attempts of this app, with names as long as it can tell; settle some first`;
      return this.#refuse("assign", "busy", message, key);
    }
    const held = new HeldAttempt(key);
    this.#hold(text, held);
    held.attempt = this.#input.runner.start(this.#input.app, spec, this.#listen(held));
  }

  stop(key: AttemptKey): void {
    const held = this.find(key);
    if (held === undefined) return this.#refuse("stop", "unknown", "this agent does not know the attempt", key);
    if (held.outcome === undefined) return held.attempt?.stop();
    if (!held.isSettled) this.#tellState(held);
  }

  freeze(key: AttemptKey): void {
    const held = this.find(key);
    if (held === undefined || held.outcome !== undefined) return;
    if (held.isSuspended) this.#input.listener.suspended(key);
    else held.attempt?.freeze();
  }

  thaw(key: AttemptKey): void {
    const held = this.find(key);
    if (held === undefined || held.outcome !== undefined) return;
    const wasSuspended = held.isSuspended;
    held.attempt?.thaw();
    if (!wasSuspended) this.#input.listener.resumed(key);
  }

  settle(key: AttemptKey, verdict: "accepted" | "discarded"): void {
    const held = this.find(key);
    if (held === undefined) return;
    if (held.outcome === undefined) {
      // Only what is unwanted can be settled before it ended.
      if (verdict === "accepted") return;
      this.#remember(toKeyText(key));
      return this.#abandon(held);
    }
    this.#remember(toKeyText(key));
    held.isSettled = true;
    held.settledMs = this.#input.clock.monotonicMs();
    if (verdict === "discarded") return this.#forget(held);
    this.#run(held.attempt?.settle(), "an outcome could not be removed from the outbox");
    this.forgetIfDone(held);
  }

  outputTaken(key: AttemptKey, offset: number): void {
    const held = this.find(key);
    if (held === undefined) return;
    held.outputTaken(offset);
    this.forgetIfDone(held);
  }

  /** An accepted attempt goes when its output is delivered. */
  forgetIfDone(held: HeldAttempt): void {
    if (held.isSettled && held.isOutputDelivered) this.#forget(held);
  }

  forgetOverdue(): void {
    const now = this.#input.clock.monotonicMs();
    for (const held of this.#held.values()) {
      if (held.isSettled && now - held.settledMs > DELIVER_WITHIN_MS) this.#forget(held);
    }
  }

  /** Ends what runs, without outcome; what has ended is kept. */
  abandonRunning(): void {
    for (const held of this.all()) if (held.outcome === undefined) this.#abandon(held);
  }

  /** As above, and takes nothing new. */
  quit(): void {
    this.#isQuitting = true;
    this.abandonRunning();
  }

  /** Ends and forgets everything. */
  clear(): void {
    this.quit();
    for (const held of this.all()) if (held.outcome !== undefined) this.#forget(held);
  }

  #listen(held: HeldAttempt): AttemptListener {
    const { listener } = this.#input;
    return {
      started: (pid) => {
        held.hasStarted = true;
        held.pid = pid;
        listener.tell({ kind: "started", key: fromAttemptKey(held.key), pid });
      },
      suspended: () => {
        held.isSuspended = true;
        listener.suspended(held.key);
      },
      resumed: () => {
        held.isSuspended = false;
        listener.resumed(held.key);
      },
      report: (report) => {
        held.addReport(report);
        listener.reported(held);
      },
      outputGrew: () => {
        held.mayHaveOutput = true;
        held.growth += 1;
        listener.grew();
      },
      ended: (outcome) => {
        if (outcome === null || held.isAbandoned) return this.#forget(held);
        held.outcome = outcome;
        held.isSuspended = false;
        this.#tellState(held);
      },
    };
  }

  #tellState(held: HeldAttempt): void {
    const { listener } = this.#input;
    const key = fromAttemptKey(held.key);
    if (held.hasStarted && held.outcome === undefined) listener.tell({ kind: "started", key, pid: held.pid });
    if (held.reports.length > 0) listener.reported(held);
    if (held.outcome !== undefined) listener.tell({ kind: "ended", key, outcome: fromOutcome(held.outcome) });
  }

  #abandon(held: HeldAttempt): void {
    held.isAbandoned = true;
    held.attempt?.abandon();
  }

  #remember(text: string): void {
    this.#settled.add(text);
    const oldest = this.#settled.size > MAX_SETTLED ? this.#settled.values().next() : undefined;
    if (oldest?.done === false) this.#settled.delete(oldest.value);
  }

  #hold(text: string, held: HeldAttempt): void {
    this.#held.set(text, held);
    this.#heldKeyLength += text.length;
  }

  #forget(held: HeldAttempt): void {
    const text = toKeyText(held.key);
    if (!this.#held.delete(text)) return;
    this.#heldKeyLength -= text.length;
    this.#run(held.attempt?.forget(), "an attempt's files could not be removed");
  }

  #refuse(of: string, code: string, message: string, key: AttemptKey): void {
    this.#input.listener.tell({ kind: "refused", of, code, message, key: fromAttemptKey(key) });
  }

  #run(work: Promise<void> | undefined, complaint: string): void {
    const { log, app } = this.#input;
    work?.catch((error: unknown) => log.error(complaint, { app, error: String(error) }));
  }
}
