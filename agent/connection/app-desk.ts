import { assertNever } from "#core/base/assert.ts";
import { type AttemptKey, type AttemptSpec, toKeyText } from "#core/model/attempt.ts";
import type { Capabilities } from "#core/model/agent.ts";
import type { AgentId, AppId } from "#core/model/id.ts";
import type { AttemptListener, AttemptRunner, EndedAttempt } from "#core/ports/attempts.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import { fromAttemptKey, fromOutcome, fromReport, toAttemptKey, toAttemptSpec } from "#core/protocol/convert.ts";
import { MAX_HELD_ATTEMPTS, PROTOCOL } from "#core/protocol/limits.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import { HeldAttempt } from "./held-attempt.ts";
import { OutputPump } from "./output-pump.ts";
import type { LinkPeer, MachineLoad } from "./ports.ts";

/** Names of attempts that were settled, kept so that an order that comes again is not carried out again. */
const MAX_SETTLED = 10_000;
/** A settled attempt whose output the app does not take is forgotten after so long. */
const DELIVER_WITHIN_MS = 60_000;
/** With `stop-when-cut-off`: work ends when the app was away for so long. */
export const CUT_OFF_AFTER_MS = 5_000;
/** An app that said `ping` once and then nothing for so long is gone, whatever its socket says. */
const SILENT_AFTER_MS = 15_000;
/** Keys in one `suspended` or `resumed`. */
const MAX_KEYS = 1_000;

export interface DeskInput {
  readonly app: AppId;
  readonly agent: { readonly id: AgentId; readonly name: string; readonly version: string };
  readonly capabilities: Capabilities;
  readonly runner: AttemptRunner;
  readonly machine: MachineLoad;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopWhenCutOff: boolean;
  readonly encodeBase64: (bytes: Uint8Array) => string;
  /** The app ended the pairing. */
  readonly unpair: (app: AppId) => void;
}

type Of<Kind extends AppMessage["kind"]> = Extract<AppMessage, { kind: Kind }>;

/** All that one app wants of this agent: its attempts, whether or not it is connected, and its link when it is. */
export class AppDesk {
  readonly #input: DeskInput;
  readonly #held = new Map<string, HeldAttempt>();
  readonly #settled = new Set<string>();
  #peer: LinkPeer | undefined;
  #isGreeted = false;
  #pump: OutputPump | undefined;
  #queue: AgentMessage[] = [];
  #suspended: AttemptKey[] = [];
  #resumed: AttemptKey[] = [];
  #heartbeats = 0;
  #lastHeardMs = 0;
  #appPings = false;
  #cancelCutOff: (() => void) | undefined;
  #isQuitting = false;

  constructor(input: DeskInput) {
    this.#input = input;
  }

  get app(): AppId {
    return this.#input.app;
  }

  get peer(): LinkPeer | undefined {
    return this.#peer;
  }

  /** Attempts not ended. */
  get running(): number {
    let count = 0;
    for (const held of this.#held.values()) if (held.outcome === undefined) count += 1;
    return count;
  }

  /** What an earlier process of this agent finished. */
  restore(ended: EndedAttempt): void {
    const held = new HeldAttempt(ended.key);
    held.attempt = ended.attempt;
    held.outcome = ended.outcome;
    held.mayHaveOutput = true;
    this.#held.set(toKeyText(ended.key), held);
  }

  /** A link of this app is up. The newest counts: an app that reconnects may be faster than the news of its old end. */
  connected(peer: LinkPeer): void {
    this.#dropPeer();
    this.#peer = peer;
    this.#lastHeardMs = this.#input.clock.monotonicMs();
  }

  disconnected(peer: LinkPeer): void {
    if (this.#peer !== peer) return;
    this.#dropPeer();
    const { stopWhenCutOff, clock, log, app } = this.#input;
    log.info("link closed", { app, address: peer.address, running: this.running });
    if (stopWhenCutOff) this.#cancelCutOff = clock.after(CUT_OFF_AFTER_MS, () => this.#stopAll("cut off from its app"));
  }

  /** There is room to send again. */
  drained(peer: LinkPeer): void {
    if (this.#peer !== peer) return;
    this.#flush();
    this.#pump?.wake();
  }

  received(peer: LinkPeer, message: AppMessage): void {
    if (this.#peer !== peer) return;
    this.#lastHeardMs = this.#input.clock.monotonicMs();
    if (message.kind === "hello") return this.#hello(peer, message);
    if (!this.#isGreeted) return this.#refuseLink(peer, message.kind, "order", "expected hello as the first message");
    this.#obey(message);
  }

  heartbeat(): void {
    this.#forgetOverdue();
    const peer = this.#peer;
    if (peer === undefined || !this.#isGreeted) return;
    const { machine, runner, clock, log, app } = this.#input;
    if (this.#appPings && clock.monotonicMs() - this.#lastHeardMs > SILENT_AFTER_MS) {
      log.warn("the app says nothing any more; its link is closed", { app, address: peer.address });
      peer.close();
      return this.disconnected(peer);
    }
    this.#heartbeats += 1;
    // One that cannot be sent now is not worth being sent later.
    peer.send({
      kind: "heartbeat",
      seq: this.#heartbeats,
      load: machine.load(),
      running: this.running,
      trouble: machine.trouble() ?? runner.trouble(),
    });
  }

  /** The pairing is over: ends all work and forgets it. */
  abandonAll(): void {
    this.#isQuitting = true;
    this.#cancelCutOff?.();
    for (const held of this.#held.values()) {
      if (held.outcome === undefined) held.attempt?.abandon();
      else this.#forget(held);
    }
    this.#dropPeer();
  }

  /** Ends all work, but keeps what has ended for when the agent starts again. */
  quit(): void {
    this.#isQuitting = true;
    this.#cancelCutOff?.();
    for (const held of this.#held.values()) if (held.outcome === undefined) held.attempt?.abandon();
    this.#peer?.close();
    this.#dropPeer();
  }

  #dropPeer(): void {
    this.#cancelCutOff?.();
    this.#cancelCutOff = undefined;
    this.#pump?.close();
    this.#peer?.close();
    this.#peer = undefined;
    this.#pump = undefined;
    this.#isGreeted = false;
    this.#appPings = false;
    this.#queue = [];
  }

  #hello(peer: LinkPeer, hello: Of<"hello">): void {
    const { app, agent, capabilities, log, encodeBase64 } = this.#input;
    const { major, minor } = hello.protocol;
    if (hello.app !== app) {
      return this.#refuseLink(peer, "hello", "app", `expected app ${app}, as the certificate says, found ${hello.app}`);
    }
    if (major !== PROTOCOL.major) {
      const message = `expected protocol ${PROTOCOL.major}, found ${major}.${minor}; update ${major > PROTOCOL.major ? "this agent" : "the app"}`;
      return this.#refuseLink(peer, "hello", "protocol", message);
    }
    log.info("link open", { app, appName: hello.appName, appVersion: hello.appVersion, address: peer.address });
    this.#isGreeted = true;
    const open = [...this.#held.values()].filter((held) => !held.isSettled);
    const held = open.map((each) => ({ key: fromAttemptKey(each.key), state: each.state }));
    const { id, name, version } = agent;
    this.#post({
      kind: "welcome",
      protocol: PROTOCOL,
      agent: id,
      name,
      version,
      capabilities: copy(capabilities),
      held,
    });
    for (const each of this.#held.values()) this.#retell(each);
    this.#pump = new OutputPump({
      peer,
      attempts: () => this.#held.values(),
      encode: encodeBase64,
      delivered: (each) => this.#forgetIfDone(each),
      failed: (each, error) => {
        log.error("output could not be read", { attempt: toKeyText(each.key), error: String(error) });
      },
    });
    this.#pump.wake();
  }

  /** What the app may have missed. */
  #retell(held: HeldAttempt): void {
    held.restartOutput();
    if (held.isSettled) return;
    if (held.outcome !== undefined) return this.#tellEnded(held);
    if (held.hasStarted) this.#post({ kind: "started", key: fromAttemptKey(held.key), pid: held.pid });
    this.#flushReports(held);
  }

  #obey(message: Exclude<AppMessage, { kind: "hello" }>): void {
    switch (message.kind) {
      case "assign":
        return this.#assign(toAttemptSpec(message.spec));
      case "stop":
        return message.keys.forEach((wire) => this.#stop(toAttemptKey(wire)));
      case "freeze":
        return message.keys.forEach((wire) => this.#freeze(toAttemptKey(wire)));
      case "thaw":
        return message.keys.forEach((wire) => this.#thaw(toAttemptKey(wire)));
      case "settled":
        return message.keys.forEach((wire) => this.#settle(toAttemptKey(wire), message.verdict));
      case "output-taken": {
        const held = this.#find(toAttemptKey(message.key));
        held?.outputTaken(message.offset);
        if (held !== undefined) this.#forgetIfDone(held);
        return this.#pump?.wake();
      }
      case "ping":
        this.#appPings = true;
        return this.#post({ kind: "pong", nonce: message.nonce });
      case "unpair":
        return this.#input.unpair(this.app);
      default:
        return assertNever(message);
    }
  }

  #assign(spec: AttemptSpec): void {
    const text = toKeyText(spec.key);
    const known = this.#held.get(text);
    if (known !== undefined) return this.#retellState(known);
    if (this.#settled.has(text)) return this.#refuse("assign", "settled", "this attempt was settled before", spec.key);
    if (this.#isQuitting) return this.#refuse("assign", "stopping", "the agent is about to quit", spec.key);
    if (this.#held.size >= MAX_HELD_ATTEMPTS) {
      const message = `the agent holds ${MAX_HELD_ATTEMPTS} attempts of this app, the most it can; settle some first`;
      return this.#refuse("assign", "busy", message, spec.key);
    }
    const held = new HeldAttempt(spec.key);
    this.#held.set(text, held);
    held.attempt = this.#input.runner.start(this.app, spec, this.#listen(held));
  }

  #retellState(held: HeldAttempt): void {
    if (held.isSettled) return this.#refuse("assign", "settled", "this attempt was settled before", held.key);
    if (held.outcome !== undefined) return this.#tellEnded(held);
    if (held.hasStarted) this.#post({ kind: "started", key: fromAttemptKey(held.key), pid: held.pid });
  }

  #listen(held: HeldAttempt): AttemptListener {
    return {
      started: (pid) => {
        held.hasStarted = true;
        held.pid = pid;
        this.#post({ kind: "started", key: fromAttemptKey(held.key), pid });
      },
      suspended: () => this.#toldFrozen(held),
      resumed: () => this.#toldThawed(held),
      report: (report) => {
        held.addReport(report);
        this.#flushReports(held);
      },
      outputGrew: () => {
        held.mayHaveOutput = true;
        held.growth += 1;
        this.#pump?.wake();
      },
      ended: (outcome) => {
        if (outcome === null) return void this.#held.delete(toKeyText(held.key));
        held.outcome = outcome;
        held.isSuspended = false;
        this.#tellEnded(held);
      },
    };
  }

  #stop(key: AttemptKey): void {
    const held = this.#find(key);
    if (held === undefined) return this.#refuse("stop", "unknown", "this agent does not know the attempt", key);
    if (held.outcome === undefined) return held.attempt?.stop();
    if (!held.isSettled) this.#tellEnded(held);
  }

  #freeze(key: AttemptKey): void {
    const held = this.#find(key);
    if (held === undefined || held.outcome !== undefined) return;
    if (held.isSuspended) this.#toldFrozen(held);
    else held.attempt?.freeze();
  }

  #thaw(key: AttemptKey): void {
    const held = this.#find(key);
    if (held === undefined || held.outcome !== undefined) return;
    const wasSuspended = held.isSuspended;
    held.attempt?.thaw();
    if (!wasSuspended) this.#toldThawed(held);
  }

  #toldFrozen(held: HeldAttempt): void {
    held.isSuspended = true;
    this.#suspended.push(held.key);
    if (this.#suspended.length === 1) queueMicrotask(() => this.#tellKeys("suspended"));
  }

  #toldThawed(held: HeldAttempt): void {
    held.isSuspended = false;
    this.#resumed.push(held.key);
    if (this.#resumed.length === 1) queueMicrotask(() => this.#tellKeys("resumed"));
  }

  /** Many are frozen at once, so they are told together. */
  #tellKeys(kind: "suspended" | "resumed"): void {
    const keys = (kind === "suspended" ? this.#suspended : this.#resumed).map(fromAttemptKey);
    if (kind === "suspended") this.#suspended = [];
    else this.#resumed = [];
    for (let at = 0; at < keys.length; at += MAX_KEYS) this.#post({ kind, keys: keys.slice(at, at + MAX_KEYS) });
  }

  #settle(key: AttemptKey, verdict: "accepted" | "discarded"): void {
    const held = this.#find(key);
    if (held === undefined) return;
    this.#remember(toKeyText(key));
    if (held.outcome === undefined) {
      // Only what is unwanted can be settled before it ended.
      if (verdict === "discarded") held.attempt?.abandon();
      return;
    }
    held.isSettled = true;
    held.settledMs = this.#input.clock.monotonicMs();
    if (verdict === "discarded") return this.#forget(held);
    this.#run(held.attempt?.settle(), "an outcome could not be removed from the outbox");
    this.#forgetIfDone(held);
  }

  #remember(text: string): void {
    this.#settled.add(text);
    const oldest = this.#settled.size > MAX_SETTLED ? this.#settled.values().next() : undefined;
    if (oldest?.done === false) this.#settled.delete(oldest.value);
  }

  #forgetIfDone(held: HeldAttempt): void {
    if (held.isSettled && held.isOutputDelivered) this.#forget(held);
  }

  #forgetOverdue(): void {
    const now = this.#input.clock.monotonicMs();
    for (const held of this.#held.values()) {
      if (held.isSettled && now - held.settledMs > DELIVER_WITHIN_MS) this.#forget(held);
    }
  }

  #forget(held: HeldAttempt): void {
    if (!this.#held.delete(toKeyText(held.key))) return;
    this.#run(held.attempt?.forget(), "an attempt's files could not be removed");
  }

  #stopAll(reason: string): void {
    const { log, app } = this.#input;
    log.warn("work is ended", { app, reason, attempts: this.running });
    for (const held of this.#held.values()) if (held.outcome === undefined) held.attempt?.abandon();
  }

  #tellEnded(held: HeldAttempt): void {
    if (held.outcome === undefined) return;
    this.#flushReports(held);
    this.#post({ kind: "ended", key: fromAttemptKey(held.key), outcome: fromOutcome(held.outcome) });
  }

  #flushReports(held: HeldAttempt): void {
    if (!this.#isGreeted) return;
    for (const report of held.reports.splice(0)) {
      this.#post({ kind: "report", key: fromAttemptKey(held.key), report: fromReport(report) });
    }
  }

  #find(key: AttemptKey): HeldAttempt | undefined {
    return this.#held.get(toKeyText(key));
  }

  #refuse(of: string, code: string, message: string, key: AttemptKey): void {
    this.#post({ kind: "refused", of, code, message, key: fromAttemptKey(key) });
  }

  #refuseLink(peer: LinkPeer, of: string, code: string, message: string): void {
    this.#input.log.warn("refused", { address: peer.address, app: this.app, code, message });
    peer.send({ kind: "refused", of, code, message, key: null });
    peer.close();
    this.#dropPeer();
  }

  /** In order; what is not taken now waits for room. Without a link nothing waits: the next welcome tells the state. */
  #post(message: AgentMessage): void {
    const peer = this.#peer;
    if (peer === undefined || !this.#isGreeted) return;
    if (this.#queue.length > 0 || !peer.send(message)) this.#queue.push(message);
  }

  #flush(): void {
    let sent = 0;
    for (const message of this.#queue) {
      if (this.#peer?.send(message) !== true) break;
      sent += 1;
    }
    this.#queue.splice(0, sent);
  }

  #run(work: Promise<void> | undefined, complaint: string): void {
    work?.catch((error: unknown) => this.#input.log.error(complaint, { app: this.app, error: String(error) }));
  }
}

function copy(capabilities: Capabilities): Extract<AgentMessage, { kind: "welcome" }>["capabilities"] {
  return { ...capabilities, labels: [...capabilities.labels], programs: [...capabilities.programs] };
}
