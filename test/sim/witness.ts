import { isDeepStrictEqual } from "node:util";
import type { RunEvent } from "#core/model/event.ts";
import type { AgentId } from "#core/model/id.ts";
import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";
import type { Machine } from "./machine.ts";
import { Violation } from "./naive-course.ts";
import { NaiveRun } from "./naive.ts";
import { isFinal, type NaiveNode } from "./naive-node.ts";
import type { Scenario } from "./scenario.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { describeEvent, describeMessage } from "./words.ts";

interface WitnessInput {
  readonly scenario: Scenario;
  readonly time: VirtualTime;
  readonly machines: () => readonly Machine[];
  readonly isLogging: boolean;
}

/** Sees what leaves the coordinator, keeps its own view of every run by it, and tells the first rule that is broken. */
export class Witness {
  readonly runs = new Map<string, NaiveRun>();
  readonly log: string[] = [];
  violation: Violation | null = null;
  events = 0;
  readonly #input: WitnessInput;
  readonly #isAsking: boolean;

  constructor(input: WitnessInput) {
    this.#input = input;
    this.#isAsking = input.scenario.runs.some(({ askedMs }) => askedMs !== null);
  }

  note(text: string): void {
    if (this.#input.isLogging) this.log.push(`${this.#input.time.nowMs.toFixed(1).padStart(9)}  ${text}`);
  }

  fail(rule: string, message: string): void {
    this.violation ??= new Violation(rule, message);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation ??= error;
    }
  }

  /** An error that the coordinator's own log tells of. */
  complained(message: string): void {
    if (message.startsWith("nothing can be written to the journal") && /disk is full|process is dead/.test(message))
      return;
    this.fail("FAULT-7", `the coordinator complains: ${message}`);
  }

  /** Events that are durable now: the naive interpreter takes them turn by turn. */
  appended(events: readonly RunEvent[]): void {
    this.events += events.length;
    if (this.#input.isLogging) for (const event of events) this.note(describeEvent(event));
    const byRun = new Map<string, RunEvent[]>();
    for (const event of events) {
      const list = byRun.get(event.run);
      if (list === undefined) byRun.set(event.run, [event]);
      else list.push(event);
    }
    this.#guard(() => {
      for (const event of events) if (event.data["kind"] === "created" && this.#isAsking) this.#checkDefinition(event);
      for (const [run, list] of byRun) this.#runOf(run).take(list);
      this.#checkPlaces(events);
    });
  }

  /** What was read from the file is what was written into it. Rule FILE-8. */
  #checkDefinition({ data }: RunEvent): void {
    const found: unknown = JSON.parse(JSON.stringify(data["definition"]));
    const isKnown = this.#input.scenario.runs.some(({ definition }) =>
      isDeepStrictEqual(JSON.parse(JSON.stringify(definition)), found),
    );
    if (!isKnown) throw new Violation("FILE-8", `a run has a definition that nobody wrote: ${JSON.stringify(found)}`);
  }

  /** What an agent says. */
  heard(message: AgentMessage): void {
    if (message.kind !== "ended" || message.outcome.kind !== "success") return;
    const { run, path, fence } = message.key;
    this.runs.get(run)?.successes.add(`${path}#${String(fence)}`);
  }

  #runOf(run: string): NaiveRun {
    const known = this.runs.get(run) ?? new NaiveRun(run);
    this.runs.set(run, known);
    return known;
  }

  /** Who was given work had room for it, and is fit for it. Rule FLEET-7. */
  #checkPlaces(events: readonly RunEvent[]): void {
    for (const { run, path, data } of events) {
      if (data["kind"] !== "assigned") continue;
      const machine = this.#input.machines().find(({ id }) => id === data["agent"]);
      const node = this.runs.get(run)?.nodes.get(path);
      const definition = node?.definition;
      if (machine === undefined || definition?.type !== "task")
        throw new Violation("FLEET-7", `${path} is given to nobody`);
      const { needs } = definition;
      const used = [...this.runs.values()]
        .flatMap((one) => one.live())
        .filter((one) => one.agent === machine.id && !one.isFrozen);
      if (used.length > machine.plan.slots)
        throw new Violation(
          "FLEET-7",
          `${machine.name} has ${String(machine.plan.slots)} slots and ${String(used.length)} attempts`,
        );
      if (needs.exclusive && used.length > 1) throw new Violation("FLEET-7", `${path} is not alone on ${machine.name}`);
      if (!needs.labels.every((label) => machine.plan.labels.includes(label)))
        throw new Violation("FLEET-7", `${path} needs ${needs.labels.join()} and is given to ${machine.name}`);
    }
  }

  /** Nothing leaves the coordinator before it is durable. Rules RUN-2, FLEET-5. */
  sent(agent: AgentId, message: AppMessage): void {
    if (this.#input.isLogging && message.kind !== "ping")
      this.note(`  to ${agent.slice(0, 1)}: ${describeMessage(message)}`);
    if (message.kind === "assign") {
      const { run, path, fence } = message.spec.key;
      if (this.runs.get(run)?.assigned.has(`${path}#${String(fence)}`) !== true)
        this.fail("RUN-2", `${path}#${String(fence)} is sent to ${agent} before it is durable`);
    }
    if (message.kind !== "settled" || message.verdict !== "accepted") return;
    for (const { run, path, fence } of message.keys)
      if (this.runs.get(run)?.nodes.get(path)?.live?.fence === fence)
        this.fail("FLEET-5", `${path}#${String(fence)} is told to be accepted before its end is durable`);
  }

  /** Approvals that wait for a person. */
  approvals(run: string): readonly NaiveNode[] {
    return [...(this.runs.get(run)?.nodes.values() ?? [])].filter(
      ({ definition, kind, state }) =>
        kind === "task" && state === "running" && definition?.type === "task" && definition.action.kind === "approve",
    );
  }

  get areRunsOver(): boolean {
    return [...this.runs.values()].every((run) => isFinal(run.root.state));
  }
}
