import { assertNever } from "#core/base/assert.ts";
import type { Capabilities } from "#core/model/agent.ts";
import { toKeyText } from "#core/model/attempt.ts";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import type { AttemptRunner, EndedAttempt } from "#core/ports/attempts.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { CertificateKeeper } from "#core/ports/trust.ts";
import { fromAttemptKey, toAttemptKey, toAttemptSpec } from "#core/protocol/convert.ts";
import { MINOR_WITH_RENEWAL, PROTOCOL } from "#core/protocol/limits.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import { AttemptBook } from "./attempt-book.ts";
import { CertificateAsker } from "./certificate-asker.ts";
import { Courier } from "./courier.ts";
import { FileTalk } from "./file-talk.ts";
import { OutputPump } from "./output-pump.ts";
import type { KeptFiles, LinkPeer, MachineLoad } from "./ports.ts";

/** With `stop-when-cut-off`: work ends when the app was away for so long. */
export const CUT_OFF_AFTER_MS = 5_000;
/** An app that said `ping` once and then nothing for so long is gone, whatever its socket says. */
const SILENT_AFTER_MS = 15_000;

export interface DeskInput {
  readonly app: AppId;
  readonly agent: { readonly id: AgentId; readonly name: string; readonly version: string };
  readonly capabilities: Capabilities;
  readonly runner: AttemptRunner;
  readonly machine: MachineLoad;
  readonly files: KeptFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopWhenCutOff: boolean;
  readonly encodeBase64: (bytes: Uint8Array) => string;
  /** Absent where there are no certificates: then none is renewed. */
  readonly certificates?: CertificateKeeper;
  /** The app ended the pairing. */
  readonly unpair: (app: AppId) => void;
}

/** The failure of an attempt that this machine's disk had no room for. */
const DISK_FULL = "disk-full";

type Hello = Extract<AppMessage, { kind: "hello" }>;

/** A link after its hello. */
interface Conversation {
  readonly courier: Courier;
  readonly pump: OutputPump;
  /** Null: the app is of an older version, or there are no certificates. */
  readonly asker: CertificateAsker | null;
}

/** All that one app wants of this agent: its attempts, whether or not it is connected, and its link when it is. */
export class AppDesk {
  readonly #input: DeskInput;
  readonly #book: AttemptBook;
  readonly #fileTalk: FileTalk;
  #peer: LinkPeer | undefined;
  #conversation: Conversation | undefined;
  #heartbeats = 0;
  #lastHeardMs = 0;
  #appPings = false;
  #cancelCutOff: (() => void) | undefined;

  constructor(input: DeskInput) {
    this.#input = input;
    const { app, runner, clock, log, files } = input;
    this.#book = new AttemptBook({
      app,
      runner,
      clock,
      log,
      listener: {
        tell: (message) => this.#tell(message),
        suspended: (key) => this.#conversation?.courier.suspended(key),
        resumed: (key) => this.#conversation?.courier.resumed(key),
        reported: (held) => this.#conversation?.courier.reports(held),
        grew: () => this.#conversation?.pump.wake(),
      },
    });
    this.#fileTalk = new FileTalk({ app, files, book: this.#book, log });
  }

  /** Attempts not ended. */
  get running(): number {
    return this.#book.running;
  }

  /** What an earlier process of this agent finished. */
  restore(ended: EndedAttempt): void {
    this.#book.restore(ended);
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
    if (!stopWhenCutOff) return;
    this.#cancelCutOff = clock.after(CUT_OFF_AFTER_MS, () => {
      log.warn("work is ended: cut off from its app", { app, attempts: this.running });
      this.#book.abandonRunning();
    });
  }

  /** There is room to send again. */
  drained(peer: LinkPeer): void {
    if (this.#peer !== peer) return;
    this.#conversation?.courier.flush();
    this.#conversation?.pump.wake();
  }

  received(peer: LinkPeer, message: AppMessage): void {
    if (this.#peer !== peer) return;
    this.#lastHeardMs = this.#input.clock.monotonicMs();
    if (message.kind === "hello") return this.#hello(peer, message);
    const conversation = this.#conversation;
    if (conversation !== undefined) return this.#obey(conversation, message);
    this.#refuseLink(peer, message.kind, "order", "expected hello as the first message");
  }

  heartbeat(): void {
    this.#book.forgetOverdue();
    const peer = this.#conversation?.courier.peer;
    if (peer === undefined) return;
    this.#conversation?.asker?.askIfDue();
    const { machine, files, runner, clock, log, app } = this.#input;
    if (this.#appPings && clock.monotonicMs() - this.#lastHeardMs > SILENT_AFTER_MS) {
      log.warn("the app says nothing any more; its link is closed", { app, address: peer.address });
      return this.disconnected(peer);
    }
    this.#heartbeats += 1;
    const trouble = machine.trouble() ?? files.trouble() ?? runner.trouble();
    // One that cannot be sent now is not worth being sent later.
    peer.send({ kind: "heartbeat", seq: this.#heartbeats, load: machine.load(), running: this.running, trouble });
  }

  /** The pairing is over: ends all work and forgets it. */
  close(): void {
    this.#book.clear();
    this.#dropPeer();
  }

  /** Ends all work, but keeps what has ended for when the agent starts again. */
  quit(): void {
    this.#book.quit();
    this.#dropPeer();
  }

  /** Files that are not here any more. */
  filesGone(files: readonly Sha256[]): void {
    const courier = this.#conversation?.courier;
    if (courier !== undefined) this.#fileTalk.gone(files, (message) => courier.post(message));
  }

  #tell(message: AgentMessage): void {
    if (message.kind === "ended" && message.outcome.kind === "failure" && message.outcome.failure.code === DISK_FULL) {
      // First the reason, so that the attempt does not come straight back.
      this.#input.files.noteFull();
      this.heartbeat();
    }
    this.#conversation?.courier.post(message);
  }

  #dropPeer(): void {
    this.#cancelCutOff?.();
    this.#cancelCutOff = undefined;
    this.#conversation?.pump.close();
    this.#conversation = undefined;
    this.#peer?.close();
    this.#peer = undefined;
    this.#appPings = false;
  }

  #hello(peer: LinkPeer, hello: Hello): void {
    const { app, log } = this.#input;
    const { major, minor } = hello.protocol;
    if (hello.app !== app) {
      return this.#refuseLink(peer, "hello", "app", `expected app ${app}, as the certificate says, found ${hello.app}`);
    }
    if (major !== PROTOCOL.major) {
      const older = major > PROTOCOL.major ? "this agent" : "the app";
      const message = `expected protocol ${PROTOCOL.major}, found ${major}.${minor}; update ${older}`;
      return this.#refuseLink(peer, "hello", "protocol", message);
    }
    const { appName, appVersion } = hello;
    log.info("link open", { app, appName, appVersion, address: peer.address });
    this.#conversation?.pump.close();
    this.#fileTalk.greeted(minor);
    const courier = new Courier(peer);
    courier.post(this.#welcome());
    const pump = this.#createPump(peer);
    this.#conversation = { courier, pump, asker: this.#createAsker(courier, minor) };
    this.#book.retell();
    pump.wake();
  }

  #welcome(): AgentMessage {
    const { agent, capabilities } = this.#input;
    const open = this.#book.all().filter((held) => !held.isSettled);
    return {
      kind: "welcome",
      protocol: PROTOCOL,
      agent: agent.id,
      name: agent.name,
      version: agent.version,
      capabilities: { ...capabilities, labels: [...capabilities.labels], programs: [...capabilities.programs] },
      held: open.map((held) => ({ key: fromAttemptKey(held.key), state: held.state })),
      keptRuns: this.#fileTalk.runs(),
    };
  }

  #createAsker(courier: Courier, minor: number): CertificateAsker | null {
    const { certificates, app, clock, log } = this.#input;
    if (certificates === undefined || minor < MINOR_WITH_RENEWAL) return null;
    return new CertificateAsker({ app, certificates, clock, log, send: (message) => courier.post(message) });
  }

  #createPump(peer: LinkPeer): OutputPump {
    const { log, encodeBase64 } = this.#input;
    return new OutputPump({
      peer,
      attempts: () => this.#book.all(),
      encode: encodeBase64,
      delivered: (held) => this.#book.forgetIfDone(held),
      failed: (held, error) => {
        log.error("output could not be read", { attempt: toKeyText(held.key), error: String(error) });
      },
    });
  }

  #obey({ courier, pump, asker }: Conversation, message: Exclude<AppMessage, Hello>): void {
    switch (message.kind) {
      case "assign":
        return this.#book.assign(toAttemptSpec(message.spec));
      case "stop":
        return message.keys.forEach((wire) => this.#book.stop(toAttemptKey(wire)));
      case "freeze":
        return message.keys.forEach((wire) => this.#book.freeze(toAttemptKey(wire)));
      case "thaw":
        return message.keys.forEach((wire) => this.#book.thaw(toAttemptKey(wire)));
      case "settled":
        return message.keys.map(toAttemptKey).forEach((key) => {
          this.#book.settle(key, message.verdict);
          this.#fileTalk.settled(key.run);
        });
      case "output-taken":
        this.#book.outputTaken(toAttemptKey(message.key), message.offset);
        return pump.wake();
      case "ping":
        this.#appPings = true;
        return courier.post({ kind: "pong", nonce: message.nonce });
      case "unpair":
        return this.#input.unpair(this.#input.app);
      case "files-needed":
        return this.#fileTalk.needed(message);
      case "runs-over":
        return this.#fileTalk.over(message);
      case "revoked":
        return asker?.revoke(message.agents as AgentId[]);
      case "renewed":
        return asker?.take({ certificatePem: message.certificate, authorityPem: message.authority });
      default:
        return assertNever(message);
    }
  }

  #refuseLink(peer: LinkPeer, of: string, code: string, message: string): void {
    this.#input.log.warn("refused", { address: peer.address, app: this.#input.app, code, message });
    peer.send({ kind: "refused", of, code, message, key: null });
    this.#dropPeer();
  }
}
