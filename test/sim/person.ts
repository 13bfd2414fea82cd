import type { MethodName, MethodParams } from "#core/ipc/methods.ts";
import type { App } from "./app.ts";
import type { Machine } from "./machine.ts";
import type { NaiveRun } from "./naive.ts";
import type { NaiveNode } from "./naive-node.ts";
import type { Intent } from "./scenario.ts";
import type { Witness } from "./witness.ts";

/** Refusals that nothing here gives cause for. */
const MUST_NOT_HAPPEN = new Set(["internal", "invalid", "invalid-workflow", "invalid-inputs"]);

/** Whoever sits before the app: asks it for what a client can ask for. */
export class Person {
  readonly #app: App;
  readonly #machines: readonly Machine[];
  readonly #witness: Witness;

  constructor(app: App, machines: readonly Machine[], witness: Witness) {
    this.#app = app;
    this.#machines = machines;
    this.#witness = witness;
  }

  /** Starts a run as a client does, by its file: the parser has to find it sound, and to read what was meant. */
  askFor(name: string): void {
    this.#witness.note(`person: start ${name}`);
    this.#ask("run.start", { source: { kind: "library", name }, inputs: {} });
  }

  /** Does it to the run, the node and the machine that it chooses among those there are now. */
  intend({ kind, run: which, at }: Intent): void {
    const run = [...this.#witness.runs.values()][Math.floor(which * this.#witness.runs.size)];
    const machine = this.#machines[Math.floor(at * this.#machines.length)];
    if (run === undefined || machine === undefined) return;
    const nodes = [...run.nodes.values()].filter(({ path }) => path !== "");
    const node = nodes[Math.floor(at * nodes.length)];
    this.act(kind, run, node, machine);
  }

  /** Does what a person does. */
  act(kind: Intent["kind"], { run }: NaiveRun, node: NaiveNode | undefined, machine: Machine): void {
    const path = node?.path ?? "";
    const target = machine.id;
    this.#witness.note(`person: ${kind} ${run} ${path}`);
    switch (kind) {
      case "freeze":
      case "drain":
        return this.#ask("run.pause", { run, mode: kind });
      case "resume":
        return this.#ask("run.resume", { run });
      case "cancel":
        return this.#ask("run.cancel", { run });
      case "retry":
        return this.#ask("run.retry", { run, path });
      case "skip":
        return this.#ask("run.skip", { run, path });
      case "complete":
        return this.#ask("run.complete", { run, path, result: "by hand" });
      case "approve":
      case "deny":
        return this.#ask("run.approve", { run, path: this.#approvalOf(run) ?? path, approved: kind === "approve" });
      case "cancel-node":
        return this.#ask("run.cancel", { run, path });
      case "freeze-node":
        return this.#ask("run.pause", { run, path, mode: "freeze" });
      case "drain-node":
        return this.#ask("run.pause", { run, path, mode: "drain" });
      case "resume-node":
        return this.#ask("run.resume", { run, path: this.#heldOf(run) ?? path });
      case "unpair":
        return this.#ask("fleet.unpair", { target });
      case "pair":
        return this.#ask("fleet.pair", { target: "10.0.0.1", code: machine.name });
      case "drain-agent":
      case "undrain-agent":
        return this.#ask("fleet.drain", { target, draining: kind === "drain-agent" });
    }
  }

  #ask<M extends MethodName>(method: M, params: MethodParams<M>): void {
    this.#app.ask(method, params, (reply) => {
      this.#witness.note(`  ${method}: ${reply.kind === "refused" ? `${reply.code}: ${reply.message}` : "done"}`);
      if (reply.kind === "refused" && MUST_NOT_HAPPEN.has(reply.code))
        this.#witness.fail("FAULT-7", `${method} ${JSON.stringify(params)}: ${reply.code}: ${reply.message}`);
    });
  }

  #approvalOf(run: string): string | undefined {
    return this.#witness.approvals(run)[0]?.path;
  }

  #heldOf(run: string): string | undefined {
    return [...(this.#witness.runs.get(run)?.nodes.values() ?? [])].find(
      ({ hold, path }) => hold !== null && path !== "",
    )?.path;
  }
}
