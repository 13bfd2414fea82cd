import { AgentDesk } from "#agent/connection/agent-desk.ts";
import type { KeptFiles, LinkPeer } from "#agent/connection/ports.ts";
import { SharedSlots } from "#agent/runner/slots.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { AgentId, AppId } from "#core/model/id.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import type { Chance } from "./chance.ts";
import type { Errand } from "./errands.ts";
import { ModelRunner, restored, type Disk, type Workshop } from "./model-attempt.ts";
import type { Network, Port } from "./network.ts";
import { Life, ProcessClock, type VirtualTime } from "./virtual-time.ts";

/** Files are not part of this world. */
const NO_FILES: KeptFiles = {
  neededBy: () => [],
  need: () => Promise.resolve(),
  release: () => Promise.resolve(),
  tellGone: () => Promise.resolve(),
  noteFull: () => undefined,
  trouble: () => null,
};

export interface MachinePlan {
  readonly slots: number;
  readonly labels: readonly string[];
  readonly stopWhenCutOff: boolean;
}

interface MachineInput extends MachinePlan {
  readonly index: number;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly network: Network;
  readonly toErrand: (spec: AttemptSpec) => Errand;
  readonly note: (text: string) => void;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A machine with the real agent on it, but for what runs processes. Its disk outlives its agent. */
export class Machine implements Port {
  readonly id: AgentId;
  readonly name: string;
  readonly plan: MachinePlan;
  stalledUntilMs = 0;
  /** Whether it trusts the app. */
  isPaired = true;
  trouble: string | null = null;
  readonly #input: MachineInput;
  readonly #disk: Disk = new Map();
  #shop: Workshop | null = null;
  #desk: AgentDesk | null = null;

  constructor(input: MachineInput) {
    this.#input = input;
    this.plan = input;
    this.id = String(input.index).repeat(16) as AgentId;
    this.name = `machine-${String(input.index)}`;
  }

  get isUp(): boolean {
    return this.#desk !== null;
  }

  /** Keys of attempts that work now. */
  get working(): ReadonlySet<string> {
    return this.#shop?.working ?? new Set();
  }

  /** Attempts that have not ended, and outcomes that nobody took. */
  get leftovers(): readonly string[] {
    const running = this.#desk?.running ?? 0;
    return [...(running > 0 ? [`${String(running)} running`] : []), ...this.#disk.keys()];
  }

  boot(): void {
    if (this.#desk !== null) return;
    const { time, chance, plan, id, name } = { ...this.#input, plan: this.plan, id: this.id, name: this.name };
    const life = new Life();
    const clock = new ProcessClock(time, life);
    const slots = new SharedSlots(plan.slots).of("a".repeat(16) as AppId);
    const shop = {
      clock,
      life,
      chance,
      disk: this.#disk,
      slots,
      toErrand: this.#input.toErrand,
      working: new Set<string>(),
    };
    const desk = new AgentDesk({
      agent: { id, name, version: "1" },
      capabilities: {
        labels: plan.labels,
        os: "linux",
        arch: "x64",
        cpus: 4,
        memoryBytes: 2 ** 32,
        gpus: 0,
        programs: [],
        slots: plan.slots,
        canFreeze: true,
      },
      runner: new ModelRunner(shop, () => this.trouble),
      machine: { load: () => 0, trouble: () => null },
      files: NO_FILES,
      clock,
      log: SILENT,
      stopWhenCutOff: plan.stopWhenCutOff,
      encodeBase64: (bytes) => Buffer.from(bytes).toString("base64"),
      unpair: (app) => {
        this.isPaired = false;
        desk.unpaired(app);
      },
    });
    this.#shop = shop;
    this.#desk = desk;
    for (const ended of restored(shop)) desk.restore(ended);
    this.#input.note(`${name} is up`);
  }

  /** As `kill -9` of everything on it. */
  crash(): void {
    if (this.#shop === null) return;
    this.#shop.life.isOver = true;
    this.#shop = null;
    this.#desk = null;
    this.#input.network.cut(this, true);
    this.#input.note(`${this.name} crashes`);
  }

  refusal(): { readonly code: string; readonly message: string } | null {
    if (this.#desk === null) return { code: "unreachable", message: "nobody answers" };
    return this.isPaired ? null : { code: "untrusted", message: "it is paired with nobody" };
  }

  life(): Life | null {
    return this.#shop?.life ?? null;
  }

  opened(peer: LinkPeer): void {
    this.#desk?.opened(peer);
  }

  received(peer: LinkPeer, message: AppMessage): void {
    this.#desk?.received(peer, message);
  }

  drained(peer: LinkPeer): void {
    this.#desk?.drained(peer);
  }

  closed(peer: LinkPeer): void {
    this.#desk?.closed(peer);
  }
}
