import type { RunInput } from "#core/engine/input.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import { isOfWorkflow } from "#core/ports/files.ts";
import type { AgentDialogue } from "./agent-dialogue.ts";
import type { Books } from "./books.ts";
import type { Happening, Reply } from "./happening.ts";
import { IntentError } from "./intent-error.ts";
import { toError, toMessage } from "./to-error.ts";
import type { Answer, Decider } from "./turn.ts";

/** What could not be kept is tried again after this. */
const RETRY_MS = 1_000;
/** A tick that comes so much after the one before tells that this process stood still: everybody only seems to have been silent. */
const STOOD_STILL_MS = 3_000;

/** What each happening means: for runs, for the fleet, for those who asked. Nothing of it is durable before the end of the turn. */
export class HappeningHandler {
  readonly #books: Books;
  readonly #decider: Decider;
  readonly #dialogue: AgentDialogue;
  #replies: (() => void)[] = [];
  #lastTickMs: number;

  constructor(books: Books, decider: Decider, dialogue: AgentDialogue) {
    this.#books = books;
    this.#decider = decider;
    this.#dialogue = dialogue;
    this.#lastTickMs = books.ports.clock.monotonicMs();
  }

  /** Never throws: one happening that cannot be handled hinders no other. */
  handle(happening: Happening): void {
    const { ports, troubles, enqueue } = this.#books;
    const isOutput = happening.kind === "link-message" && happening.message.kind === "output";
    try {
      this.#handle(happening);
      if (isOutput) troubles.end("output");
    } catch (error) {
      const message = toMessage(error);
      if ("reply" in happening && happening.reply !== null) this.#refuse(happening.reply, toError(error));
      if (!isOutput) return ports.log.error("something could not be handled", { happening: happening.kind, message });
      // Until it is taken its agent sends only so much more.
      troubles.begin("output", error);
      ports.clock.after(RETRY_MS, () => enqueue(happening));
    }
  }

  /** What those who asked are told once the turn is durable. */
  takeReplies(): readonly (() => void)[] {
    const replies = this.#replies;
    this.#replies = [];
    return replies;
  }

  #handle(happening: Happening): void {
    const { fleet } = this.#books;
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
        return this.#dialogue.received(happening.agent, happening.message, this.#input);
      case "link-closed":
        return this.#dialogue.closed(happening.agent, happening.failure, this.#input);
      case "certificate-signed":
        return this.#dialogue.signed(happening.agent, happening.signed);
      case "sighting":
        if (fleet.seen(happening.sighting)) this.#fleetChanged(happening.sighting.id);
        return;
      case "sighting-gone":
        fleet.gone(happening.agent);
        return this.#fleetChanged(happening.agent);
      case "unpair":
        return this.#unpair(happening.agent, happening.reply);
      case "fleet-changed":
        return this.#fleetChanged(happening.agent);
      case "tick":
        return this.#tick();
    }
  }

  readonly #input = (run: RunId, input: RunInput): Answer => this.#decider.input(run, input);

  #answer(reply: Reply | null, answer: Answer): void {
    if (reply === null) return;
    this.#replies.push(() => (answer.ok ? reply.done(answer.seq) : reply.failed(answer.error)));
  }

  #refuse(reply: Reply, error: Error): void {
    this.#replies.push(() => reply.failed(error));
  }

  #delete(run: RunId, reply: Reply): void {
    const { runs, ports, hub, holders, snapshots } = this.#books;
    if (runs.live().has(run)) {
      return this.#refuse(reply, new IntentError("wrong-state", `run ${run} has not ended: cancel it first`));
    }
    runs.delete(run);
    holders.dropRun(run);
    hub.changes().runs.add(run);
    ports.outputs.deleteRun(run);
    snapshots.forget(run);
    this.#replies.push(() => reply.done(0));
  }

  /** Revoked at once: the agent is told when it can be, and is refused from now on either way. */
  #unpair(agent: AgentId, reply: Reply): void {
    const { fleet, desk, holders, enqueue } = this.#books;
    // First, so that nothing of what it loses is given back to it in this very turn.
    fleet.unpair(agent);
    holders.forget(agent);
    desk.send(agent, { kind: "unpair" });
    this.#dialogue.revocations.ended(agent);
    this.#dialogue.lose(agent, "its agent was unpaired", this.#input);
    this.#replies.push(() => {
      enqueue({ kind: "fleet-changed", agent });
      reply.done(0);
    });
  }

  /** A file that the workflow names and that is not there is a failure of the node; a machine that is not there is none. Rule FAULT-5. */
  #undeliverable({ run, path, fence, code, message }: Extract<Happening, { kind: "attempt-undeliverable" }>): void {
    const holder = this.#books.ledger.get(run, path);
    if (code === "disk-full" && holder?.key.fence === fence) this.#books.fleet.troubled(holder.agent, message);
    if (!isOfWorkflow(code)) this.#input(run, { kind: "attempt-lost", path, fence, reason: message });
    else {
      const failure = { code: "files", message };
      const outcome = { kind: "failure", failure, executionMs: ZERO } as const;
      this.#input(run, { kind: "attempt-ended", path, fence, outcome });
    }
  }

  #fleetChanged(agent: AgentId): void {
    this.#books.desk.align();
    const changes = this.#books.hub.changes();
    changes.agents.add(agent);
    changes.isFleetHeadChanged = true;
  }

  #tick(): void {
    const { desk, fleet, hub, ports } = this.#books;
    const nowMs = ports.clock.monotonicMs();
    if (nowMs - this.#lastTickMs > STOOD_STILL_MS) {
      ports.log.warn("this coordinator stood still for a while", { forMs: Math.round(nowMs - this.#lastTickMs) });
      fleet.beginSilencesAnew();
    } else desk.hangUpSilent();
    this.#lastTickMs = nowMs;
    this.#decider.catchUp();
    desk.ping();
    this.#loseAbandoned();
    this.#books.samples.note();
    for (const agent of fleet.pairedIds()) hub.changes().agents.add(agent);
  }

  /** What is held by agents that have been silent for too long, or that are paired no more, goes elsewhere. Rule FLEET-4. */
  #loseAbandoned(): void {
    const { fleet, ledger, ports } = this.#books;
    for (const agent of ledger.agents()) {
      const why = fleet.isPaired(agent)
        ? fleet.isGivenUp(agent)
          ? "its agent has been silent for too long"
          : null
        : "its agent is not paired any more";
      if (why === null) continue;
      ports.log.warn("an agent is given up: its attempts go elsewhere", { agent, name: fleet.name(agent), why });
      this.#dialogue.lose(agent, why, this.#input);
    }
  }
}

const ZERO = 0 as Extract<RunInput, { kind: "attempt-ended" }>["outcome"]["executionMs"];
