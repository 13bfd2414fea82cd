import { createRun } from "#core/engine/create.ts";
import { decide } from "#core/engine/decide.ts";
import type { Moment } from "#core/engine/decision.ts";
import type { EpochMs, RunId } from "#core/model/id.ts";
import { App } from "./app.ts";
import { befall } from "./befall.ts";
import { Chance } from "./chance.ts";
import { toErrand } from "./errands.ts";
import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { Person } from "./person.ts";
import type { Fault, Scenario } from "./scenario.ts";
import { filesOf, toFile } from "./to-file.ts";
import { SOON, VirtualTime } from "./virtual-time.ts";
import { Witness } from "./witness.ts";

/** Turns of the microtask queue after each step: longer than any chain of promises of the coordinator or an agent. */
const MICRO_TURNS = 10;
const BY = "sim";

function libraryOf({ runs }: Scenario): ReadonlyMap<string, string> {
  const files = runs.flatMap(({ definition, askedMs }, index) =>
    askedMs === null
      ? []
      : [
          [`${String(index)}/top`, JSON.stringify(toFile(definition))] as const,
          ...[...filesOf(definition)].map(([name, text]) => [`${String(index)}/${name}`, text] as const),
        ],
  );
  return new Map(files);
}

/** A whole LAN in one process: the app's machine, the machines of its agents, the network between them, and who looks on. */
export class World {
  readonly time = new VirtualTime();
  readonly scenario: Scenario;
  readonly network: Network;
  readonly machines: readonly Machine[];
  readonly app: App;
  readonly person: Person;
  readonly witness: Witness;
  steps = 0;

  constructor(scenario: Scenario, isLogging: boolean) {
    this.scenario = scenario;
    const chance = new Chance(`world ${String(scenario.seed)}`);
    const { time } = this;
    const witness = new Witness({ scenario, time, machines: () => this.machines, isLogging });
    const note = (text: string): void => witness.note(text);
    this.witness = witness;
    this.network = new Network(time, chance.fork("network"), scenario.network, (message) => witness.heard(message));
    const luck = chance.fork("luck");
    this.machines = scenario.machines.map(
      (plan, index) =>
        new Machine({
          ...plan,
          index,
          time,
          chance: chance.fork(`machine ${String(index)}`),
          network: this.network,
          toErrand: (spec) => toErrand(luck, scenario.luck, spec),
          note,
        }),
    );
    this.app = new App({
      time,
      chance: chance.fork("app"),
      network: this.network,
      machines: this.machines,
      library: libraryOf(scenario),
      note,
      appended: (events) => witness.appended(events),
      sent: (agent, message) => witness.sent(agent, message),
      complained: (message) => witness.complained(message),
    });
    this.person = new Person(this.app, this.machines, witness);
  }

  /** Puts the runs into the journal as a coordinator does that dies right after it has started them. */
  #bearRuns(): void {
    this.scenario.runs.forEach(({ definition, askedMs }, index) => {
      if (askedMs !== null) return;
      const run = `run-${String(index)}` as RunId;
      const moment: Moment = { now: 1_798_761_600_000 as EpochMs, chance: 0.5 };
      const created = createRun({ run, definition, inputs: {}, folder: null, out: null, by: BY }, moment);
      const started = decide(created.next, { kind: "start", by: BY }, moment);
      this.app.disk.append([...created.events, ...started.events]);
      this.witness.appended([...created.events, ...started.events]);
    });
  }

  /** Lets things happen until a time, or until `isDone`. */
  async until(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (this.witness.violation === null && !isDone() && this.time.step(untilMs)) {
      this.steps += 1;
      for (let turn = 0; turn < MICRO_TURNS; turn += 1) await SOON;
    }
    if (this.witness.violation === null && !isDone()) this.time.nowMs = Math.max(this.time.nowMs, untilMs);
  }

  begin(): void {
    this.app.remember(this.machines);
    this.#bearRuns();
    for (const machine of this.machines) machine.boot();
    this.app.boot();
    for (const fault of this.scenario.faults) this.time.after(fault.atMs, () => this.#befall(fault));
    this.scenario.runs.forEach(({ askedMs }, index) => {
      if (askedMs !== null) this.time.after(askedMs, () => this.person.askFor(String(index)));
    });
    for (const intent of this.scenario.intents) this.time.after(intent.atMs, () => this.person.intend(intent));
  }

  #befall(fault: Fault): void {
    this.witness.note(`fault: ${JSON.stringify(fault)}`);
    befall(fault, this);
  }
}
