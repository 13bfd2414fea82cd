import type { Result } from "#core/base/result.ts";
import type { LiveAttempt } from "#core/engine/attempts.ts";
import type { RunInput } from "#core/engine/input.ts";
import type { JsonObject } from "#core/base/json.ts";
import { RateMeter } from "#core/base/rate-meter.ts";
import { toNodeLine } from "#core/engine/queries.ts";
import { type AttemptKey, toKeyText } from "#core/model/attempt.ts";
import type { AgentId, RunId } from "#core/model/id.ts";
import type { LinkFailure } from "#core/ports/link.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";
import { PROTOCOL } from "#core/protocol/limits.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import type { Books } from "./books.ts";
import { CertificateRenewals } from "./certificate-renewals.ts";
import type { CommandRunner } from "./command-runner.ts";
import type { FileKeeping } from "./file-keeping.ts";
import type { Answer } from "./turn.ts";
import { Revocations } from "./revocations.ts";
import { toKey, toOutcome, toReport } from "./wire.ts";

type Input = (run: RunId, input: RunInput) => Answer;
type Of<Kind extends AgentMessage["kind"]> = Extract<AgentMessage, { kind: Kind }>;

/** An agent's word for input files that it could not get now from those that have them. */
const UNFETCHED = "unfetched";
/** Ends of a link that no agent causes which is as it should be. */
const MISDEEDS = new Set(["protocol", "unread"]);
/** Reports taken of one node in a window of time: each is an event that is kept for ever. */
const REPORTS_PER_WINDOW = 2_000;
/** Log lines of one kind about one agent in a window of time. */
const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;
/** Of an agent's words in the log. */
const MAX_SHOWN_LENGTH = 1_000;

/** Answers of an agent that say "not now" rather than "never": the attempt goes elsewhere. */
const NOT_NOW = new Set(["busy", "stopping", "lost", "settled", "disk-full", "missing-file", UNFETCHED]);

/** What agents say and what they are answered: results accepted once, attempts reconciled whenever a link opens. Rules FLEET-4 to 6. */
export class AgentDialogue {
  readonly #books: Books;
  readonly #commands: CommandRunner;
  readonly #keeping: FileKeeping;
  readonly #addresses = new Map<AgentId, string>();
  readonly #renewals: CertificateRenewals;
  readonly revocations: Revocations;
  readonly #reports = new RateMeter(REPORTS_PER_WINDOW, WINDOW_MS);
  readonly #lines = new RateMeter(LINES_PER_WINDOW, WINDOW_MS);
  #verdicts: { agent: AgentId; key: AttemptKey; verdict: "accepted" | "discarded" }[] = [];

  constructor(books: Books, commands: CommandRunner, keeping: FileKeeping) {
    this.#books = books;
    this.#keeping = keeping;
    this.#commands = commands;
    this.#renewals = new CertificateRenewals(books);
    this.revocations = new Revocations(books);
  }

  opened(agent: AgentId, address: string): void {
    this.#addresses.set(agent, address);
    this.#books.desk.greet(agent);
  }

  closed(agent: AgentId, failure: LinkFailure, input: Input): void {
    const { fleet, hub } = this.#books;
    if (!fleet.isPaired(agent)) return;
    const { code, message } = failure;
    this.#log(MISDEEDS.has(code) ? "warn" : "info", "a link is down", agent, { code, message });
    fleet.closed(agent, message);
    hub.changes().agents.add(agent);
    if (!MISDEEDS.has(code)) return;
    // It may be back at once, and go on as before: nothing waits for it.
    fleet.blame(agent, message);
    this.lose(agent, `its agent misbehaves: ${message}`, input);
  }

  /** Not more about one agent than anybody can read. */
  #log(level: "info" | "warn", message: string, agent: AgentId, fields: JsonObject): void {
    const { fleet, ports } = this.#books;
    const unsaid = this.#lines.pass(`${agent} ${message}`, ports.clock.monotonicMs());
    if (unsaid === null) return;
    ports.log[level](message, { agent, name: fleet.name(agent), ...fields, ...(unsaid === 0 ? {} : { unsaid }) });
  }

  received(agent: AgentId, message: AgentMessage, input: Input): void {
    const { fleet, desk } = this.#books;
    if (!fleet.isPaired(agent)) return;
    fleet.heard(agent);
    switch (message.kind) {
      case "welcome":
        return this.#welcome(agent, message, input);
      case "refused":
        return this.#refused(agent, message, input);
      case "heartbeat":
        fleet.heartbeat(agent, message);
        this.#books.hub.changes().agents.add(agent);
        return;
      case "started":
        return this.#started(agent, toKey(message.key), input);
      case "ended":
        return this.#ended(agent, message, input);
      case "suspended":
      case "resumed":
        for (const key of message.keys.map(toKey)) {
          if (!this.#isHolder(agent, key)) continue;
          input(key.run, { kind: message.kind === "suspended" ? "attempt-suspended" : "attempt-resumed", ...key });
        }
        return;
      case "output":
        return this.#output(agent, message);
      case "report":
        return this.#reported(agent, message, input);
      case "pong":
        return desk.ponged(agent, message.nonce);
      case "files-gone":
        return this.#keeping.gone(agent, message.files);
      case "renew":
        return this.#renewals.asked(agent, message.request);
    }
  }

  #reported(agent: AgentId, message: Of<"report">, input: Input): void {
    const key = toKey(message.key);
    if (!this.#isHolder(agent, key)) return;
    const unsaid = this.#reports.pass(`${key.run} ${key.path}`, this.#books.ports.clock.monotonicMs());
    if (unsaid === null) return;
    if (unsaid > 0) this.#log("warn", "reports of a node came too fast and are left out", agent, { ...key, unsaid });
    input(key.run, { kind: "reported", ...key, report: toReport(message.report) });
  }

  signed(agent: AgentId, signed: Result<SignedCertificate, string>): void {
    this.#renewals.signed(agent, signed);
  }

  #started(agent: AgentId, key: AttemptKey, input: Input): void {
    const { ledger, holders } = this.#books;
    const live = ledger.get(key.run, key.path);
    if (live?.agent !== agent) return;
    // It has its files in place by now.
    if (live.key.fence === key.fence) holders.addCopies(key.run, agent, live.spec.filesIn);
    input(key.run, { kind: "attempt-started", ...key });
  }

  /** Brings both sides to the same view: what it lost is sent again, what is unwanted is stopped, freezes are caught up on. */
  #welcome(agent: AgentId, welcome: Of<"welcome">, input: Input): void {
    const { fleet, ledger, desk, hub, ports } = this.#books;
    const unfit = whyUnfit(agent, welcome);
    if (unfit !== null) return desk.hangUp(agent, { code: "protocol", message: unfit });
    fleet.opened(agent, welcome);
    hub.changes().agents.add(agent);
    hub.changes().isFleetHeadChanged = true;
    this.revocations.tell(agent);
    ports.log.info("a link is up", { agent, name: welcome.name, held: welcome.held.length });
    this.#keeping.welcomed(agent, welcome);
    const held = new Map(welcome.held.map((one) => [toKeyText(toKey(one.key)), one.state]));
    for (const live of ledger.on(agent)) {
      const text = toKeyText(live.key);
      const state = held.get(text);
      held.delete(text);
      const keys = [{ ...live.key }];
      // What it said of it on the link before may not have come.
      if (state === "running" || state === "suspended")
        input(live.key.run, { kind: state === "suspended" ? "attempt-suspended" : "attempt-resumed", ...live.key });
      if (state === undefined) this.#commands.deliver(live);
      else if (state === "running" && live.wanted === "suspended") desk.send(agent, { kind: "freeze", keys });
      else if (state === "suspended" && live.wanted === "running") desk.send(agent, { kind: "thaw", keys });
    }
    const unwanted = welcome.held.filter(({ key, state }) => state !== "ended" && held.has(toKeyText(toKey(key))));
    if (unwanted.length > 0)
      desk.send(agent, {
        kind: "stop",
        keys: unwanted.map(({ key }) => key),
        reason: "it is done elsewhere, or not wanted any more",
      });
    // Last: on a full disk everything else is done.
    fleet.remember(agent, welcome, this.#addresses.get(agent) ?? "");
  }

  #refused(agent: AgentId, { of, code, message, key }: Of<"refused">, input: Input): void {
    this.#log("warn", "an agent refused", agent, { of, code, message: message.slice(0, MAX_SHOWN_LENGTH) });
    if (of === "hello") return this.#books.desk.hangUp(agent, { code, message });
    if (of !== "assign" || key === null) return;
    if (!this.#isHolder(agent, toKey(key))) return;
    const { run, path, fence } = toKey(key);
    const reason = `${this.#books.fleet.name(agent)} refused it: ${message}`;
    if (NOT_NOW.has(code)) input(run, { kind: "attempt-lost", path, fence, reason });
    else
      input(run, {
        kind: "attempt-ended",
        path,
        fence,
        outcome: { kind: "failure", failure: { code, message: reason }, executionMs: ZERO },
      });
  }

  #ended(agent: AgentId, message: Of<"ended">, input: Input): void {
    const key = toKey(message.key);
    const outcome = toOutcome(message.outcome);
    const { holders, ledger, hub } = this.#books;
    const holder = ledger.get(key.run, key.path);
    let verdict: "accepted" | "discarded" = "discarded";
    if (holder === null || holder.agent === agent) {
      const isLost = outcome.kind === "failure" && NOT_NOW.has(outcome.failure.code);
      if (outcome.kind === "failure" && outcome.failure.code === UNFETCHED) this.#noteUnreached(agent, holder);
      const answer = isLost
        ? input(key.run, { kind: "attempt-lost", ...key, reason: outcome.failure.message })
        : input(key.run, { kind: "attempt-ended", ...key, outcome });
      if (answer.ok) verdict = "accepted";
    }
    if (verdict === "accepted" && outcome.kind === "success") holders.add(key.run, agent, outcome.files);
    if (verdict === "discarded") {
      this.#log("info", "a result came too late or twice and changes nothing", agent, { ...key });
    }
    this.#verdicts.push({ agent, key, verdict });
    hub.changes().log(key.run, key.path);
  }

  /** The next attempt there gets its files through this machine. */
  #noteUnreached(agent: AgentId, live: LiveAttempt | null): void {
    const { holders, ports } = this.#books;
    const asked = live?.spec.filesIn.flatMap(({ sha256 }) => holders.of(sha256)) ?? [];
    const others = asked.filter((holder) => holder !== agent);
    holders.unreached.note(agent, others, ports.clock.monotonicMs());
  }

  #isHolder(agent: AgentId, key: AttemptKey): boolean {
    return this.#books.ledger.get(key.run, key.path)?.agent === agent;
  }

  /** Output is kept of the newest attempt only: an older one's is of no use to anybody. */
  #output(agent: AgentId, message: Of<"output">): void {
    const key = toKey(message.key);
    const { ports, runs, ledger, desk, hub } = this.#books;
    const state = runs.state(key.run);
    const isItsNode = state !== undefined && key.fence <= state.fence && toNodeLine(state, key.path)?.agent === agent;
    // Only of a run that there is: names from outside must not reach the store.
    if (!isItsNode) return desk.send(agent, { kind: "output-taken", key: { ...key }, offset: Number.MAX_SAFE_INTEGER });
    const newest = ledger.get(key.run, key.path)?.key.fence ?? ports.outputs.newest(key.run, key.path)?.fence ?? 0;
    const taken =
      key.fence >= newest
        ? ports.outputs.append(key, message.offset, message.stream, message.base64)
        : Number.MAX_SAFE_INTEGER;
    desk.send(agent, { kind: "output-taken", key: { ...key }, offset: taken });
    hub.changes().log(key.run, key.path);
  }

  /** The turn is durable: agents may forget what was taken. */
  committed(): void {
    for (const { agent, key, verdict } of this.#verdicts) {
      this.#books.desk.send(agent, { kind: "settled", keys: [{ ...key }], verdict });
    }
    this.#verdicts = [];
  }

  /** The turn was undone: nothing was taken. */
  forget(): void {
    this.#verdicts = [];
  }

  /** The agent is given up: all it holds is fenced and goes elsewhere. Rule FLEET-4. */
  lose(agent: AgentId, reason: string, input: Input): void {
    for (const { key } of this.#books.ledger.on(agent))
      input(key.run, { kind: "attempt-lost", path: key.path, fence: key.fence, reason });
    this.#books.hub.changes().agents.add(agent);
  }
}

/** Why there is nothing to say to who answered, or null. Rule FLEET-4. */
function whyUnfit(agent: AgentId, { agent: id, protocol }: Of<"welcome">): string | null {
  if (id !== agent) return `the agent there says that it is ${id}, not ${agent}`;
  if (protocol.major === PROTOCOL.major) return null;
  const versions = `version ${String(protocol.major)}, this app version ${String(PROTOCOL.major)}`;
  return `the agent speaks the protocol's ${versions}: install the same version of Lanweave on both`;
}

const ZERO = 0 as Extract<RunInput, { kind: "attempt-ended" }>["outcome"]["executionMs"];
