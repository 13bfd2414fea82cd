import type { RunInput } from "#core/engine/input.ts";
import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import type { Decision, Moment } from "#core/engine/decision.ts";
import {
  changedAttempts,
  liveAttempt,
  liveAttempts,
  queuedAttempt,
  queuedAttempts,
  toRunLine,
} from "#core/engine/queries.ts";
import { forkRun } from "#core/engine/fork.ts";
import { keptFiles } from "#core/engine/kept.ts";
import type { RunState } from "#core/engine/state.ts";
import { type FleetView, type Schedule, defaultScheduler } from "#core/fleet/schedule.ts";
import type { AgentId, EpochMs, RunId } from "#core/model/id.ts";
import type { AttemptQueue, QueuedNode } from "./attempt-queue.ts";
import type { FleetBook } from "./fleet-book.ts";
import type { RunCreation } from "./happening.ts";
import { IntentError } from "./intent-error.ts";
import type { LearnedTimes } from "./learned-times.ts";
import type { Ledger } from "./ledger.ts";
import type { CoordinatorPorts } from "./ports.ts";
import type { RunBook } from "./run-book.ts";
import type { RunClocks } from "./run-clocks.ts";
import type { FileHolders } from "./file-holders.ts";
import { toMessage } from "./to-error.ts";

/** What an input came to: the run's last event number, or why nothing changed. */
export type Answer = { readonly ok: true; readonly seq: number } | { readonly ok: false; readonly error: IntentError };

/** Runs inputs through the engine within a turn and keeps queue and ledger in step with the states. */
export class Decider {
  readonly #ports: CoordinatorPorts;
  readonly #runs: RunBook;
  readonly #clocks: RunClocks;
  readonly #queue: AttemptQueue;
  readonly #ledger: Ledger;
  readonly #learned: LearnedTimes;
  readonly #fleet: FleetBook;
  readonly #holders: FileHolders;
  /** What the scheduler did wrong, so that it is told once and not in every turn. */
  #schedulerTrouble: string | null = null;
  #kept: NonNullable<Schedule["kept"]> = new Map();

  constructor(books: {
    readonly ports: CoordinatorPorts;
    readonly runs: RunBook;
    readonly clocks: RunClocks;
    readonly queue: AttemptQueue;
    readonly ledger: Ledger;
    readonly learned: LearnedTimes;
    readonly fleet: FleetBook;
    readonly holders: FileHolders;
  }) {
    this.#ports = books.ports;
    this.#runs = books.runs;
    this.#clocks = books.clocks;
    this.#queue = books.queue;
    this.#ledger = books.ledger;
    this.#learned = books.learned;
    this.#fleet = books.fleet;
    this.#holders = books.holders;
  }

  #moment(run: RunId, last: EpochMs | null): Moment {
    return { now: this.#clocks.now(run, last), chance: this.#ports.random.chance() };
  }

  /** Runs go on from where the wall clock is, if that is ahead. */
  catchUp(): void {
    for (const run of [...this.#runs.live().keys()]) {
      const ms = this.#clocks.catchUp(run);
      if (ms !== null) this.input(run, { kind: "clock-stepped", ms });
    }
  }

  create(creation: RunCreation): Answer {
    if (this.#runs.has(creation.run)) return refusal("exists", `there is a run ${creation.run} already`);
    const { fork, ...rest } = creation;
    const expected = this.#learned.of(creation.definition.name);
    const run = expected === null ? rest : { ...rest, expected };
    const moment = this.#moment(creation.run, null);
    const created = fork === undefined ? createRun(run, moment) : forkRun(fork.from, fork.kept, run, moment);
    this.#take(creation.run, null, created);
    this.#restoreHolders(creation.run, created.next);
    return this.input(creation.run, { kind: "start", by: creation.by });
  }

  /** An exception in the engine is told to the run and changes nothing else. Rule FAULT-7. */
  input(run: RunId, input: RunInput): Answer {
    const state = this.#runs.state(run);
    if (state === undefined) return refusal("not-found", `there is no run ${run}: see “lanweave runs”`);
    const wasLive = this.#runs.live().has(run);
    let decision: Decision;
    try {
      decision = decide(state, input, this.#moment(run, state.time));
    } catch (error) {
      const message = `the engine could not take “${input.kind}”: ${toMessage(error)}`;
      this.#ports.log.error("an input was not taken", { run, message });
      if (input.kind !== "error") this.input(run, { kind: "error", message });
      return refusal("internal", message);
    }
    this.#take(run, state, decision);
    if (!wasLive && this.#runs.live().has(run)) this.#restoreHolders(run, decision.next);
    const refused = decision.commands.find((command) => command.kind === "refuse");
    if (refused !== undefined) return refusal(refused.code, refused.message);
    return { ok: true, seq: decision.events.at(-1)?.seq ?? this.#runs.head(run)?.seq ?? 0 };
  }

  #take(run: RunId, before: RunState | null, decision: Decision): void {
    this.#runs.take(run, before, decision);
    for (const path of new Set([...changedAttempts(before, decision.next), ...this.#heldOrReleased(run, decision)])) {
      const queued = queuedAttempt(decision.next, path);
      this.#queue.set(run, path, queued && { run, ...queued });
      this.#account(this.#ledger.set(run, path, liveAttempt(decision.next, path)));
    }
  }

  /** A pause and its end change what live and queued attempts are to do, though their nodes stay as they are. */
  #heldOrReleased(run: RunId, { events, next }: Decision): readonly QueuePath[] {
    if (!events.some(({ data }) => data["kind"] === "held" || data["kind"] === "released")) return [];
    const known = [...this.#ledger.paths(run), ...this.#queue.paths(run)];
    const now = [...liveAttempts(next).map(({ key }) => key.path), ...queuedAttempts(next).map(({ path }) => path)];
    return [...known, ...now];
  }

  #account(agents: readonly AgentId[]): void {
    for (const agent of agents) this.#fleet.setUsage(agent, this.#ledger.usage(agent));
  }

  /** Brings queue, ledger and holders in step with a run that was loaded, rolled back or deleted. */
  restore(run: RunId): void {
    this.#clocks.rolledBack(run);
    this.#queue.dropRun(run);
    this.#account(this.#ledger.dropRun(run));
    const state = this.#runs.live().get(run);
    if (state === undefined) return this.#clocks.forget(run);
    for (const queued of queuedAttempts(state)) this.#queue.set(run, queued.path, { run, ...queued });
    for (const live of liveAttempts(state)) this.#account(this.#ledger.set(run, live.key.path, live));
    this.#restoreHolders(run, state);
  }

  #restoreHolders(run: RunId, state: RunState): void {
    for (const { agent, files } of [...toRunLine(state).nodes, ...keptFiles(state.kept)])
      if (agent !== null && this.#fleet.isPaired(agent)) this.#holders.recall(run, agent, files);
  }

  /** Gives queued attempts to agents that fit, and says of the others why they wait. Returns the nodes whose reason is news. */
  place(): readonly QueuedNode[] {
    if (this.#queue.size === 0) return [];
    const schedule = this.#schedule();
    this.#kept = schedule.kept ?? new Map();
    for (const { entry, agent } of schedule.placements) {
      const { run, path } = entry;
      const answer = this.input(run, { kind: "assigned", path, agent });
      if (answer.ok) this.#queue.given(run);
      else this.#ports.log.warn("a placement was refused", { run, path, message: answer.error.message });
    }
    return this.#queue.setReasons(schedule);
  }

  #fleetView(): FleetView {
    return {
      agents: this.#fleet.capacities(),
      heldBytes: (agent, files) => this.#holders.heldBytes(agent, files),
      shares: { inUse: (run) => this.#ledger.inUse(run), turn: (run) => this.#queue.turn(run) },
      aging: { nowMs: this.#ports.clock.monotonicMs(), kept: this.#kept },
    };
  }

  /** When the scheduler fails the runs that wait are told, and the default one does its work in this turn. Rule FAULT-7. */
  #schedule(): Schedule {
    const fleet = this.#fleetView();
    try {
      const schedule = this.#ports.scheduler.schedule(fleet, this.#queue.entries());
      const stranger = schedule.placements.find(({ agent }) => !this.#fleet.isPaired(agent));
      if (stranger !== undefined) throw new Error(`it chose the agent “${stranger.agent}”, which is not paired`);
      this.#schedulerTrouble = null;
      return schedule;
    } catch (error) {
      const message = `the scheduler failed, the default one does its work: ${toMessage(error)}`;
      if (this.#schedulerTrouble !== message) {
        this.#schedulerTrouble = message;
        this.#ports.log.error(message);
        for (const run of this.#queue.runs()) this.input(run, { kind: "error", message });
      }
      return defaultScheduler.schedule(fleet, this.#queue.entries());
    }
  }
}

type QueuePath = Parameters<AttemptQueue["set"]>[1];

function refusal(code: string, message: string): Answer {
  return { ok: false, error: new IntentError(code, message) };
}
