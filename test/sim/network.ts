import type { AppId } from "#core/model/id.ts";
import type { Link, LinkListener } from "#core/ports/link.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import { agentMessageSchema, appMessageSchema } from "#core/protocol/messages.ts";
import type { LinkPeer } from "#agent/connection/ports.ts";
import type { Chance } from "./chance.ts";
import type { Life, VirtualTime } from "./virtual-time.ts";

/** An agent's end of the network: whether it can be reached, and who hears there. */
export interface Port {
  readonly name: string;
  /** Until then nothing gets through, and nobody learns of it. */
  stalledUntilMs: number;
  /** Why a link is refused now, or null. */
  refusal(): { readonly code: string; readonly message: string } | null;
  life(): Life | null;
  opened(peer: LinkPeer): void;
  received(peer: LinkPeer, message: AppMessage): void;
  drained(peer: LinkPeer): void;
  closed(peer: LinkPeer): void;
}

export interface NetworkSettings {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** How often a link takes no more for a while. */
  readonly congestion: number;
  /** Every message crosses the network as text that is checked by its schema, as it does in the product. */
  readonly isTyped: boolean;
}

/** One direction of a link: in order, as TLS keeps it, or cut. */
interface Lane {
  lastMs: number;
  /** What would arrive later does not arrive. */
  cutMs: number;
  congestedUntilMs: number;
}

/** As the real transport does. */
const CONNECT_WITHIN_MS = 8_000;
const APP = "a".repeat(16) as AppId;

/** All links between the app and its agents. Within a link messages keep their order; a link may be cut in the middle of anything. */
export class Network {
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #settings: NetworkSettings;
  readonly #pipes = new Set<Pipe>();

  readonly #heard: (message: AgentMessage) => void;

  /** `heard`: what reaches the app. */
  constructor(time: VirtualTime, chance: Chance, settings: NetworkSettings, heard: (message: AgentMessage) => void) {
    this.#time = time;
    this.#chance = chance;
    this.#settings = settings;
    this.#heard = heard;
  }

  connect(port: Port, listener: LinkListener, appLife: Life): Link {
    const pipe = new Pipe({
      time: this.#time,
      chance: this.#chance,
      settings: this.#settings,
      heard: this.#heard,
      port,
      listener,
      appLife,
      over: () => this.#pipes.delete(pipe),
    });
    this.#pipes.add(pipe);
    return pipe.link;
  }

  /** Breaks every link to a port, or all. `isNoticed`: both ends are told soon; otherwise they only hear nothing any more. */
  cut(port: Port | null, isNoticed: boolean): void {
    for (const pipe of [...this.#pipes]) if (port === null || pipe.port === port) pipe.cut(isNoticed);
  }
}

interface PipeInput {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly settings: NetworkSettings;
  readonly heard: (message: AgentMessage) => void;
  readonly port: Port;
  readonly listener: LinkListener;
  readonly appLife: Life;
  readonly over: () => void;
}

class Pipe {
  readonly port: Port;
  readonly link: Link;
  readonly #input: PipeInput;
  readonly #peer: LinkPeer;
  readonly #toAgent: Lane = { lastMs: 0, cutMs: Infinity, congestedUntilMs: 0 };
  readonly #toApp: Lane = { lastMs: 0, cutMs: Infinity, congestedUntilMs: 0 };
  #agentLife: Life | null = null;
  #isAppOpen = true;
  #isAppToldOpen = false;
  #isAgentOpen = false;
  /** Who closes says it to the other side behind all it said before. */
  #isClosing = false;

  constructor(input: PipeInput) {
    this.#input = input;
    this.port = input.port;
    this.link = { send: (message) => this.#sendToAgent(message), close: () => this.#closeByApp() };
    this.#peer = {
      app: APP,
      address: "10.0.0.9",
      send: (message) => this.#sendToApp(message),
      unsentBytes: () => (this.#toApp.congestedUntilMs > input.time.nowMs ? 1_000_000 : 0),
      close: () => this.#closeByAgent(),
    };
    this.#deliver(this.#toAgent, () => this.#arrive());
    input.time.after(CONNECT_WITHIN_MS, () => {
      if (!this.#isAppToldOpen) this.#closeApp({ code: "timeout", message: "the link did not open in time" });
    });
  }

  #arrive(): void {
    const { port, listener } = this.#input;
    if (!this.#isAppOpen) return;
    const refusal = port.refusal();
    if (refusal !== null) return this.#deliver(this.#toApp, () => this.#closeApp(refusal));
    this.#agentLife = port.life();
    this.#isAgentOpen = true;
    this.#deliver(this.#toApp, () => {
      if (!this.#canAppHear()) return;
      this.#isAppToldOpen = true;
      listener.opened("10.0.0.1");
    });
    port.opened(this.#peer);
  }

  /** Runs `arrive` when a message that is sent now gets there. */
  #deliver(lane: Lane, arrive: () => void): void {
    const { time, chance, settings } = this.#input;
    const travelMs =
      settings.latencyMs * (0.5 + chance.next()) + (chance.is(0.05) ? settings.jitterMs * chance.next() : 0);
    const atMs = Math.max(lane.lastMs, time.nowMs + travelMs);
    lane.lastMs = atMs;
    const attempt = (): void => {
      if (time.nowMs > lane.cutMs) return;
      const { stalledUntilMs } = this.port;
      if (stalledUntilMs > time.nowMs) {
        lane.lastMs = Math.max(lane.lastMs, stalledUntilMs);
        time.after(stalledUntilMs - time.nowMs, attempt);
      } else arrive();
    };
    time.after(atMs - time.nowMs, attempt);
  }

  #canAppHear(): boolean {
    return this.#isAppOpen && !this.#input.appLife.isOver;
  }

  #canAgentHear(): boolean {
    return this.#isAgentOpen && this.#agentLife?.isOver === false;
  }

  #isCongested(lane: Lane, drained: () => void): boolean {
    const { time, chance, settings } = this.#input;
    if (lane.congestedUntilMs > time.nowMs) return true;
    if (settings.congestion === 0 || !chance.is(settings.congestion)) return false;
    const forMs = chance.between(1, 400);
    lane.congestedUntilMs = time.nowMs + forMs;
    time.after(forMs, drained);
    return true;
  }

  #sendToAgent(message: AppMessage): boolean {
    const { settings, appLife } = this.#input;
    if (appLife.isOver || !this.#isAppOpen || this.#isClosing) return true;
    if (this.#isCongested(this.#toAgent, () => {})) return false;
    const copy = settings.isTyped ? appMessageSchema.parse(JSON.parse(JSON.stringify(message))) : message;
    this.#deliver(this.#toAgent, () => {
      if (this.#canAgentHear()) this.port.received(this.#peer, copy);
    });
    return true;
  }

  #sendToApp(message: AgentMessage): boolean {
    const { settings, listener, heard } = this.#input;
    if (this.#agentLife?.isOver !== false || !this.#isAgentOpen || this.#isClosing) return true;
    if (this.#isCongested(this.#toApp, () => this.#drainedAtAgent())) return false;
    const copy = settings.isTyped ? agentMessageSchema.parse(JSON.parse(JSON.stringify(message))) : message;
    this.#deliver(this.#toApp, () => {
      if (!this.#canAppHear()) return;
      heard(copy);
      listener.received(copy);
    });
    return true;
  }

  #drainedAtAgent(): void {
    if (this.#canAgentHear()) this.port.drained(this.#peer);
  }

  #closeByApp(): void {
    if (!this.#isAppOpen) return;
    this.#isClosing = true;
    this.#deliver(this.#toAgent, () => this.#closeAgent());
    this.#input.time.after(0, () => this.#closeApp({ code: "closed", message: "the app closed the link" }));
  }

  #closeByAgent(): void {
    if (!this.#isAgentOpen) return;
    this.#isAgentOpen = false;
    this.#deliver(this.#toApp, () => this.#closeApp({ code: "closed", message: "the agent closed the link" }));
  }

  #closeApp(failure: { readonly code: string; readonly message: string }): void {
    if (!this.#isAppOpen) return;
    this.#isAppOpen = false;
    this.#input.over();
    if (!this.#input.appLife.isOver) this.#input.listener.closed(failure);
  }

  #closeAgent(): void {
    if (!this.#isAgentOpen) return;
    this.#isAgentOpen = false;
    if (this.#agentLife?.isOver === false) this.port.closed(this.#peer);
  }

  cut(isNoticed: boolean): void {
    const { time, chance } = this.#input;
    // Some of what is under way still arrives, some does not.
    for (const lane of [this.#toAgent, this.#toApp])
      lane.cutMs = Math.min(lane.cutMs, time.nowMs + chance.pick([0, chance.between(0, 5), chance.between(0, 200)]));
    const failure = { code: "closed", message: "the connection broke" };
    const lateMs = (): number => (isNoticed ? chance.between(0, 50) : 0);
    if (isNoticed || !this.#canAgentHear()) time.after(lateMs(), () => this.#closeApp(failure));
    if (isNoticed || this.#input.appLife.isOver) time.after(lateMs(), () => this.#closeAgent());
  }
}
