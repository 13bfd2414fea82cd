import type { Command } from "#core/engine/command.ts";
import { timers } from "#core/engine/queries.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import { AgentDialogue } from "./agent-dialogue.ts";
import { AttemptQueue } from "./attempt-queue.ts";
import type { FrameSink } from "./client-session.ts";
import { CommandRunner } from "./command-runner.ts";
import { createViews } from "./coordinator-views.ts";
import { FileHolders } from "./file-holders.ts";
import { FileKeeping } from "./file-keeping.ts";
import { FleetBook } from "./fleet-book.ts";
import { FleetDesk } from "./fleet-desk.ts";
import { FleetSamples } from "./fleet-samples.ts";
import { HappeningHandler } from "./happening-handler.ts";
import { type Happening, isPassing } from "./happening.ts";
import { Hub } from "./hub.ts";
import { LearnedTimes } from "./learned-times.ts";
import { Ledger } from "./ledger.ts";
import { Loop } from "./loop.ts";
import { Machines } from "./machines.ts";
import type { CoordinatorPorts } from "./ports.ts";
import { Requests } from "./requests.ts";
import { type Decided, RunBook } from "./run-book.ts";
import { RunClocks } from "./run-clocks.ts";
import { SnapshotDesk } from "./snapshot-desk.ts";
import { toError, toMessage } from "./to-error.ts";
import { Troubles } from "./troubles.ts";
import { Decider } from "./turn.ts";
import type { Views } from "./views.ts";

const TICK_MS = 1_000;

/**
 * Drives the runs of one app: feeds what happens to the engine, makes its events durable, and only then carries out its commands and
 * tells watchers. Knows neither Node nor Electron; everything outside comes as a port.
 */
export class Coordinator {
  readonly #ports: CoordinatorPorts;
  readonly #runs: RunBook;
  readonly #clocks: RunClocks;
  readonly #fleet: FleetBook;
  readonly #samples: FleetSamples;
  readonly #queue: AttemptQueue;
  readonly #ledger = new Ledger();
  readonly #learned: LearnedTimes;
  readonly #holders = new FileHolders();
  readonly #keeping: FileKeeping;
  readonly #hub: Hub;
  readonly #loop: Loop;
  readonly #desk: FleetDesk;
  readonly #decider: Decider;
  readonly #dialogue: AgentDialogue;
  readonly #commands: CommandRunner;
  readonly #machines: Machines;
  readonly #requests: Requests;
  readonly #views: Views;
  readonly #handler: HappeningHandler;
  readonly #snapshots: SnapshotDesk;
  readonly #troubles: Troubles;
  #stopBrowsing: () => void = () => {};
  #stopTicking: () => void = () => {};

  /** Loads what the journal knows. Nothing happens before `start`. */
  constructor(ports: CoordinatorPorts, shutdown: () => void) {
    this.#ports = ports;
    this.#queue = new AttemptQueue(() => ports.clock.monotonicMs());
    this.#learned = new LearnedTimes(ports.journal, ports.clock);
    this.#clocks = new RunClocks(ports.clock);
    this.#runs = new RunBook(ports.journal, ports.log);
    this.#fleet = new FleetBook(ports.clock, ports.journal);
    this.#samples = new FleetSamples(this.#fleet, ports.clock);
    this.#hub = new Hub(ports);
    this.#snapshots = new SnapshotDesk(ports);
    this.#troubles = new Troubles(ports.log, () => {
      this.#hub.changes().isFleetHeadChanged = true;
    });
    this.#loop = new Loop(
      { turn: (batch) => this.#turn(batch), refused: (batch, error) => this.#refused(batch, error) },
      ports,
    );
    const { enqueue } = this.#loop;
    this.#desk = new FleetDesk(ports, this.#fleet, enqueue);
    const books = {
      ports,
      runs: this.#runs,
      clocks: this.#clocks,
      fleet: this.#fleet,
      samples: this.#samples,
      queue: this.#queue,
      ledger: this.#ledger,
      learned: this.#learned,
      holders: this.#holders,
      desk: this.#desk,
      hub: this.#hub,
      snapshots: this.#snapshots,
      troubles: this.#troubles,
      enqueue,
    };
    this.#decider = new Decider(books);
    this.#commands = new CommandRunner(books);
    this.#keeping = new FileKeeping(books);
    this.#dialogue = new AgentDialogue(books, this.#commands, this.#keeping);
    this.#handler = new HappeningHandler(books, this.#decider, this.#dialogue);
    this.#machines = new Machines(books);
    this.#views = createViews(books);
    this.#requests = new Requests({ ...books, machines: this.#machines, loop: this.#loop, shutdown });
  }

  /** `isReadOnly`: what has been can be looked at, nothing is driven. */
  start(isReadOnly: boolean): void {
    if (isReadOnly) return;
    for (const run of this.#runs.live().keys()) this.#restore(run);
    this.#desk.align();
    const { discovery } = this.#ports;
    if (discovery !== null) {
      const browsing = discovery.browse({
        seen: (sighting) => this.#loop.enqueue({ kind: "sighting", sighting }),
        gone: (agent) => this.#loop.enqueue({ kind: "sighting-gone", agent }),
        fingerprintOf: (agent) => this.#fleet.pairedFingerprint(agent),
      });
      this.#stopBrowsing = () => void browsing.dispose();
    }
    this.#machines.startKept();
    this.#tickLater();
    this.#loop.enqueue({ kind: "tick" });
  }

  #tickLater(): void {
    this.#stopTicking = this.#ports.clock.after(TICK_MS, () => {
      this.#loop.enqueue({ kind: "tick" });
      this.#tickLater();
    });
  }

  /** A run found in the journal: its queue, who holds its files, its timers, what was to be brought home. */
  #restore(run: RunId): void {
    this.#decider.restore(run);
    const state = this.#runs.live().get(run);
    if (state === undefined) return;
    for (const { timer, at } of timers(state)) this.#commands.setTimer(run, timer, at);
    this.#commands.resumeCollecting(run, state);
  }

  /** Null when too many clients are connected. */
  openSession(client: string, sink: FrameSink): { receive(frame: string): void; close(): void } | null {
    const responder = this.#requests.responder(client);
    const session = this.#hub.open(this.#views, sink, responder);
    return session && { receive: (frame) => session.receive(frame), close: () => this.#hub.close(session) };
  }

  /** Throws only when the turn could not be made durable; what goes wrong beside that is told and hinders nothing else. */
  #turn(batch: readonly Happening[]): void {
    for (const happening of batch) this.#handler.handle(happening);
    const news = this.#decider.place();
    const decided = this.#runs.commit();
    this.#clocks.committed();
    if (decided.events.length > 0) this.#troubles.end("journal");
    const replies = this.#handler.takeReplies();
    this.#attempt("watchers could not be told", () => this.#note(decided, news));
    this.#learned.note(decided.events);
    for (const run of decided.over) {
      this.#learned.ended(run, this.#runs.head(run)?.workflow ?? "");
      this.#keeping.runOver(run);
      this.#queue.leave(run);
      this.#clocks.forget(run);
    }
    for (const { run, command, state } of decided.commands) this.#carryOut(run, command, state);
    this.#snapshots.takeDue(this.#runs.live());
    this.#attempt("how long tasks took could not be kept", () => this.#learned.writeIfDue());
    this.#keeping.tellRecalled();
    this.#attempt("agents could not be told what was taken", () => this.#dialogue.committed());
    for (const reply of replies) this.#attempt("a request could not be answered", reply);
    if (decided.over.length > 0) this.#attempt("watchers could not be told", () => this.#hub.tell());
  }

  #attempt(failure: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#ports.log.error(failure, { message: toMessage(error) });
    }
  }

  /** The journal did not take the turn: nothing of it has happened. Requests are refused, what machines said comes again. */
  #refused(batch: readonly Happening[], error: unknown): readonly Happening[] {
    this.#handler.takeReplies();
    this.#dialogue.forget();
    for (const run of this.#runs.rollback()) this.#decider.restore(run);
    const failure = toError(error);
    this.#troubles.begin("journal", failure);
    return batch.filter((happening) => {
      if (isPassing(happening)) return false;
      const reply = "reply" in happening ? happening.reply : null;
      if (reply === null) return true;
      this.#attempt("a request could not be answered", () => reply.failed(failure));
      return false;
    });
  }

  #note(decided: Decided, news: ReturnType<Decider["place"]>): void {
    const changes = this.#hub.changes();
    for (const event of decided.events) changes.event(event);
    for (const [run, paths] of decided.touched) for (const path of paths) changes.node(run, path);
    for (const { run, path } of news) changes.node(run, path);
    for (const { command } of decided.commands) if (command.kind === "dispatch") changes.agents.add(command.agent);
  }

  /** A command that cannot be carried out is told to its run. Rule FAULT-7. */
  #carryOut(run: RunId, command: Command, state: RunState): void {
    if (command.kind === "refuse") {
      const { input, code, message } = command;
      this.#ports.log.debug("an input changed nothing", { run, input, code, message });
      return;
    }
    try {
      this.#commands.carryOut(run, command, state);
    } catch (error) {
      const message = `“${command.kind}” could not be carried out: ${toMessage(error)}`;
      this.#ports.log.error("a command failed", { run, message });
      this.#loop.enqueue({ kind: "run-input", run, input: { kind: "error", message }, reply: null });
    }
  }

  /** Ends in order: nothing new is taken, links are closed, local agents end. Work goes on at the other agents. */
  async dispose(): Promise<void> {
    this.#loop.stop();
    this.#stopTicking();
    this.#stopBrowsing();
    this.#commands.dispose();
    this.#attempt("how long tasks took could not be kept", () => this.#learned.write());
    await this.#ports.localAgents.stop(null);
    await this.#snapshots.dispose();
    this.#desk.dispose();
  }
}
