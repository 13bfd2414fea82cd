import type { Command } from "#core/engine/command.ts";
import type { RunInput } from "#core/engine/input.ts";
import { timers, toRunLine } from "#core/engine/queries.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import { AgentDialogue } from "./agent-dialogue.ts";
import { AttemptQueue } from "./attempt-queue.ts";
import type { FrameSink } from "./client-session.ts";
import { CommandRunner } from "./command-runner.ts";
import { createViews } from "./coordinator-views.ts";
import { FileHolders } from "./file-holders.ts";
import { FleetBook } from "./fleet-book.ts";
import { FleetDesk } from "./fleet-desk.ts";
import type { Happening, Reply } from "./happening.ts";
import { Hub } from "./hub.ts";
import { IntentError } from "./intent-error.ts";
import { Ledger } from "./ledger.ts";
import { Loop } from "./loop.ts";
import { Machines } from "./machines.ts";
import type { CoordinatorPorts } from "./ports.ts";
import { Requests } from "./requests.ts";
import { type Decided, RunBook } from "./run-book.ts";
import { type Answer, Decider } from "./turn.ts";
import type { Views } from "./views.ts";

const TICK_MS = 1_000;

/**
 * Drives the runs of one app: feeds what happens to the engine, makes its events durable, and only then carries out its commands and
 * tells watchers. Knows neither Node nor Electron; everything outside comes as a port.
 */
export class Coordinator {
  readonly #ports: CoordinatorPorts;
  readonly #runs: RunBook;
  readonly #fleet: FleetBook;
  readonly #queue = new AttemptQueue();
  readonly #ledger = new Ledger();
  readonly #holders = new FileHolders();
  readonly #hub: Hub;
  readonly #loop: Loop;
  readonly #desk: FleetDesk;
  readonly #decider: Decider;
  readonly #dialogue: AgentDialogue;
  readonly #commands: CommandRunner;
  readonly #machines: Machines;
  readonly #requests: Requests;
  readonly #views: Views;
  #replies: (() => void)[] = [];
  #stopBrowsing: () => void = () => {};
  #stopTicking: () => void = () => {};

  /** Loads what the journal knows. Nothing happens before `start`. */
  constructor(ports: CoordinatorPorts, shutdown: () => void) {
    this.#ports = ports;
    this.#runs = new RunBook(ports.journal);
    this.#fleet = new FleetBook(ports.clock, ports.journal);
    this.#hub = new Hub(ports);
    this.#loop = new Loop(
      { turn: (batch) => this.#turn(batch), refused: (batch, error) => this.#refused(batch, error) },
      ports,
    );
    const { enqueue } = this.#loop;
    this.#desk = new FleetDesk(ports, this.#fleet, enqueue);
    const books = {
      ports,
      runs: this.#runs,
      fleet: this.#fleet,
      queue: this.#queue,
      ledger: this.#ledger,
      holders: this.#holders,
      desk: this.#desk,
      hub: this.#hub,
      enqueue,
    };
    this.#decider = new Decider(books);
    this.#commands = new CommandRunner(books);
    this.#dialogue = new AgentDialogue(books, this.#commands);
    this.#machines = new Machines(books);
    this.#views = createViews(books);
    this.#requests = new Requests({ ...books, machines: this.#machines, loop: this.#loop, shutdown });
  }

  /** `isReadOnly`: what has been can be looked at, nothing is driven. */
  start(isReadOnly: boolean): void {
    if (isReadOnly) return;
    for (const run of this.#runs.live().keys()) this.#restore(run);
    this.#loseUnpaired();
    this.#desk.align();
    const { discovery } = this.#ports;
    if (discovery !== null) {
      const browsing = discovery.browse({
        seen: (sighting) => this.#loop.enqueue({ kind: "sighting", sighting }),
        gone: (agent) => this.#loop.enqueue({ kind: "sighting-gone", agent }),
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

  /** Attempts of agents that are paired no more, such as those that ended with the command that brought them. */
  #loseUnpaired(): void {
    for (const { key, agent } of this.#ledger.all()) {
      if (this.#fleet.isPaired(agent)) continue;
      const input = {
        kind: "attempt-lost",
        path: key.path,
        fence: key.fence,
        reason: "its agent is not paired any more",
      } as const;
      this.#loop.enqueue({ kind: "run-input", run: key.run, input, reply: null });
    }
  }

  /** A run found in the journal: its timers, its queue, who holds its files, what was to be brought home. */
  #restore(run: RunId): void {
    this.#decider.restore(run);
    const state = this.#runs.live().get(run);
    if (state === undefined) return;
    for (const { timer, at } of timers(state)) this.#commands.setTimer(run, timer, at);
    for (const { agent, files } of toRunLine(state).nodes) if (agent !== null) this.#holders.add(agent, files);
    this.#commands.resumeCollecting(run, state);
  }

  /** Null when too many clients are connected. */
  openSession(client: string, sink: FrameSink): { receive(frame: string): void; close(): void } | null {
    const responder = this.#requests.responder(client);
    const session = this.#hub.open(this.#views, sink, responder);
    return session && { receive: (frame) => session.receive(frame), close: () => this.#hub.close(session) };
  }

  #turn(batch: readonly Happening[]): void {
    this.#replies = [];
    for (const happening of batch) this.#handle(happening);
    const news = this.#decider.place();
    const decided = this.#runs.commit();
    const changes = this.#hub.changes();
    this.#note(decided);
    for (const { run, path } of news) changes.node(run, path);
    this.#keepHeads();
    for (const { run, command } of decided.commands) this.#carryOut(run, command);
    this.#dialogue.committed();
    for (const reply of this.#replies) reply();
    this.#replies = [];
  }

  #keepHeads(): void {
    try {
      this.#runs.keepHeads();
    } catch (error) {
      this.#ports.log.warn("the head of an ended run could not be kept", { message: String(error) });
    }
  }

  /** The journal did not take the turn: nothing of it has happened. Requests are refused, what machines said comes again. */
  #refused(batch: readonly Happening[], error: unknown): readonly Happening[] {
    this.#replies = [];
    this.#dialogue.forget();
    for (const run of this.#runs.rollback()) this.#decider.restore(run);
    const failure = error instanceof Error ? error : new Error(String(error));
    return batch.filter((happening) => {
      if (!("reply" in happening) || happening.reply === null) return true;
      happening.reply.failed(failure);
      return false;
    });
  }

  #note(decided: Decided): void {
    const changes = this.#hub.changes();
    for (const event of decided.events) changes.event(event);
    for (const [run, paths] of decided.touched) for (const path of paths) changes.node(run, path);
    for (const { command } of decided.commands) if (command.kind === "dispatch") changes.agents.add(command.agent);
  }

  #carryOut(run: RunId, command: Command): void {
    if (command.kind === "refuse") {
      this.#ports.log.debug("an input changed nothing", {
        run,
        input: command.input,
        code: command.code,
        message: command.message,
      });
      return;
    }
    this.#commands.carryOut(run, command);
  }

  #handle(happening: Happening): void {
    switch (happening.kind) {
      case "run-create":
        return this.#answer(happening.reply, this.#decider.create(happening.create));
      case "run-input":
        return this.#answer(happening.reply, this.#input(happening.run, happening.input));
      case "run-delete":
        return this.#delete(happening.run, happening.reply);
      case "timer":
        this.#input(happening.run, { kind: "timer", timer: happening.timer });
        return;
      case "attempt-undeliverable":
        return this.#undeliverable(happening);
      case "link-opened":
        return this.#dialogue.opened(happening.agent, happening.address);
      case "link-message":
        return this.#dialogue.received(happening.agent, happening.message, (run, input) => this.#input(run, input));
      case "link-closed":
        return this.#dialogue.closed(happening.agent, happening.failure);
      case "sighting":
        if (this.#fleet.seen(happening.sighting)) this.#fleetChanged(happening.sighting.id);
        return;
      case "sighting-gone":
        this.#fleet.gone(happening.agent);
        return this.#fleetChanged(happening.agent);
      case "unpair":
        return this.#unpair(happening.agent, happening.reply);
      case "fleet-changed":
        return this.#fleetChanged(happening.agent);
      case "tick":
        return this.#tick();
    }
  }

  #input(run: RunId, input: RunInput): Answer {
    return this.#decider.input(run, input);
  }

  #answer(reply: Reply | null, answer: Answer): void {
    if (reply === null) return;
    this.#replies.push(() => (answer.ok ? reply.done(answer.seq) : reply.failed(answer.error)));
  }

  #delete(run: RunId, reply: Reply): void {
    if (this.#runs.live().has(run)) {
      const error = new IntentError("wrong-state", `run ${run} has not ended: cancel it first`);
      this.#replies.push(() => reply.failed(error));
      return;
    }
    this.#runs.delete(run);
    this.#ports.outputs.deleteRun(run);
    this.#hub.changes().runs.add(run);
    this.#replies.push(() => reply.done(0));
  }

  /** Revoked at once: the agent is told when it can be, and is refused from now on either way. */
  #unpair(agent: AgentId, reply: Reply): void {
    try {
      // First, so that nothing of what it loses is given back to it in this very turn.
      this.#fleet.unpair(agent);
    } catch (error) {
      this.#replies.push(() => reply.failed(error instanceof Error ? error : new Error(String(error))));
      return;
    }
    this.#desk.send(agent, { kind: "unpair" });
    this.#dialogue.lose(agent, "its agent was unpaired", (run, input) => this.#input(run, input));
    this.#replies.push(() => {
      this.#loop.enqueue({ kind: "fleet-changed", agent });
      reply.done(0);
    });
  }

  #undeliverable({ run, path, fence, message }: Extract<Happening, { kind: "attempt-undeliverable" }>): void {
    const failure = { code: "files", message };
    this.#input(run, { kind: "attempt-ended", path, fence, outcome: { kind: "failure", failure, executionMs: ZERO } });
  }

  #fleetChanged(agent: AgentId): void {
    this.#desk.align();
    const changes = this.#hub.changes();
    changes.agents.add(agent);
    changes.isFleetHeadChanged = true;
  }

  #tick(): void {
    this.#desk.ping();
    for (const agent of this.#fleet.takeGivenUp()) {
      this.#ports.log.warn("an agent is given up: its attempts go elsewhere", { agent, name: this.#fleet.name(agent) });
      this.#dialogue.lose(agent, "its agent has been silent for too long", (run, input) => this.#input(run, input));
    }
    for (const agent of this.#fleet.pairedIds()) this.#hub.changes().agents.add(agent);
  }

  /** Ends in order: nothing new is taken, links are closed, local agents end. Work goes on at the other agents. */
  async dispose(): Promise<void> {
    this.#loop.stop();
    this.#stopTicking();
    this.#stopBrowsing();
    this.#commands.dispose();
    await this.#ports.localAgents.stop(null);
    this.#desk.dispose();
  }
}

const ZERO = 0 as Extract<RunInput, { kind: "attempt-ended" }>["outcome"]["executionMs"];
