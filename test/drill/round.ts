import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { ROOT } from "#test/support/fleet.ts";
import { troubleBody } from "./body-troubles.ts";
import { checkConnections, checkEnd, checkEvents, checkNothingLeft, checkSettled } from "./checks.ts";
import { mountDisk, unmountDisk } from "./disk.ts";
import { Fleet } from "./fleet.ts";
import { Follower } from "./follower.ts";
import { troubleLink } from "./link-troubles.ts";
import type { Machine } from "./machine.ts";
import { troublePeople } from "./people-troubles.ts";
import { tellTrouble, type Kind, type Plan, type Trouble } from "./plan.ts";
import type { Mend, RoundWorld } from "./round-world.ts";
import { settle } from "./settle.ts";
import { toWork } from "./works.ts";

/** What one round came to, as `--json` prints it. */
export interface RoundReport {
  readonly kind: "round";
  readonly seed: number;
  readonly work: string;
  readonly state: string;
  readonly violations: readonly string[];
  readonly faults: Readonly<Partial<Record<Kind, number>>>;
  /** From the moment all was mended to the run's next event; null when the run had ended before. */
  readonly recoveryMs: number | null;
  readonly totalMs: number;
  readonly schedule: readonly string[];
  /** Kinds of trouble that could not be caused here, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** Where everything of the round is kept; null when it was removed. */
  readonly kept: string | null;
}

const LINKS: ReadonlySet<Kind> = new Set(["card-down", "unplugged", "one-way", "flaky", "narrow", "split", "address"]);
const PEOPLE: ReadonlySet<Kind> = new Set(["pause", "cancel"]);
const NETNS = "/run/netns";

/** Plays one round from its plan, in namespaces and a folder of its own, and leaves nothing of it behind unless asked to. */
export async function playRound(plan: Plan, keep: boolean): Promise<RoundReport> {
  const start = performance.now();
  // Short, for the path of the coordinator's socket has to fit.
  const folder = mkdtempSync(path.join(tmpdir(), "lwd-"));
  const round = new Round(plan, folder, start);
  const stop = (): void => {
    console.error(`the round was ended from outside; what there is of it is in ${folder}`);
    void round.cleanUp().finally(() => process.exit(1));
  };
  // They may come twice: from the terminal, and from the drill.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  try {
    await round.play();
  } catch (error) {
    round.violations.push(
      `the round broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  } finally {
    await round.cleanUp();
  }
  const isKept = keep || round.violations.length > 0;
  writeFileSync(path.join(folder, "story.log"), `${round.story.join("\n")}\n`);
  if (!isKept) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return {
    kind: "round",
    seed: plan.seed,
    work: plan.work,
    state: round.state,
    violations: round.violations,
    faults: round.faults,
    recoveryMs: round.recoveryMs,
    totalMs: Math.round(performance.now() - start),
    schedule: [`${plan.work}, ${String(plan.slots)} slots, ended ${plan.ending}`, ...plan.troubles.map(tellTrouble)],
    skipped: Object.fromEntries(round.skipped),
    kept: isKept ? folder : null,
  };
}

class Round {
  readonly violations: string[] = [];
  readonly story: string[] = [];
  readonly faults: Partial<Record<Kind, number>> = {};
  readonly skipped = new Map<Kind, string>();
  recoveryMs: number | null = null;
  state = "not started";
  readonly #plan: Plan;
  readonly #folder: string;
  readonly #start: number;
  readonly #mounted: Machine[] = [];
  #fleet: Fleet | null = null;
  #cleaning: Promise<void> | null = null;
  #follower: Follower | null = null;

  constructor(plan: Plan, folder: string, start: number) {
    this.#plan = plan;
    this.#folder = folder;
    this.#start = start;
  }

  async play(): Promise<void> {
    const fleet = await this.#open();
    const work = toWork(this.#plan.work, this.#folder);
    const out = path.join(this.#folder, "out");
    const inputs = Object.entries(work.inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`]);
    const said = await fleet.person.says("run", path.join(ROOT, work.file), "--detach", "--out", out, ...inputs);
    if (said.code !== 0) throw new Error(`the run could not be started: ${said.stderr}`);
    const { run } = said.lines.at(-1) as RunLine;
    const follower = (this.#follower = new Follower(fleet.app.data, run));
    follower.start();
    const world: RoundWorld = {
      fleet,
      run,
      follower,
      tell: (line) => this.#tell(line),
      violation: (text) => this.#violation(text),
      damaged: new Set(),
      skipped: this.skipped,
      endedInOrder: this.#plan.ending === "in-order",
    };
    this.#tell(`run ${run} has started`);
    await this.#befall(world);
    const mendedAt = performance.now();
    this.#tell("all is mended");
    const shown = await settle(world, this.#plan);
    this.recoveryMs = toWhole(follower.firstAfter(mendedAt));
    const { lines } = await fleet.person.says("events", run);
    if (shown !== null) this.#judge(world, shown, () => checkEnd(world, work, shown, out, lines as RunEvent[]));
    await this.#close(world);
  }

  async #open(): Promise<Fleet> {
    mkdirSync(path.join(this.#folder, "out"));
    const fleet = (this.#fleet = await Fleet.create(this.#folder, this.#plan.slots, (line) => this.#tell(line)));
    for (const { kind, on } of this.#plan.troubles) {
      const machine = fleet.machine(on);
      if (!kind.startsWith("disk-full") || this.#mounted.includes(machine)) continue;
      mountDisk(machine);
      this.#mounted.push(machine);
    }
    await fleet.open();
    return fleet;
  }

  async #befall(world: RoundWorld): Promise<void> {
    const start = performance.now();
    const lived = await Promise.allSettled(
      this.#plan.troubles.map(async (trouble) => {
        await pass(trouble.atMs - (performance.now() - start));
        const machine = world.fleet.machine(trouble.on);
        const live = (): Promise<void> => this.#live(world, machine, trouble);
        if (PEOPLE.has(trouble.kind)) await live();
        else await (LINKS.has(trouble.kind) ? machine.links : machine.body).take(live);
      }),
    );
    for (const each of lived) if (each.status === "rejected") throw each.reason;
    for (const machine of world.fleet.machines) {
      for (const { how } of machine.ownEnds) this.#violation(`the program of ${machine.name} ended by itself: ${how}`);
      if (!machine.isUp) await world.fleet.start(machine);
    }
  }

  async #live(world: RoundWorld, machine: Machine, trouble: Trouble): Promise<void> {
    this.#tell(`${trouble.kind} on ${trouble.on}`);
    this.faults[trouble.kind] = (this.faults[trouble.kind] ?? 0) + 1;
    const mend = await cause(world, machine, trouble);
    if (mend === null) return;
    await pass(trouble.forMs);
    await mend();
    this.#tell(`${trouble.kind} on ${trouble.on} is mended`);
  }

  #judge(world: RoundWorld, shown: RunLine, check: () => void): void {
    this.state = shown.state;
    this.#tell(`the run is ${shown.state}`);
    const mayCancel = this.#plan.troubles.some(({ kind }) => kind === "cancel");
    if (shown.state === "completed" || (shown.state === "cancelled" && mayCancel)) {
      if (shown.collection?.state === "failed")
        this.#violation(`the files were not brought home: ${shown.collection.failure?.message ?? ""}`);
      else check();
      return;
    }
    const failed = shown.nodes
      .filter(({ state }) => state === "failed")
      .map(({ path: node, error }) => `${node}: ${error?.message ?? ""}`);
    world.violation(`the run is ${shown.state} (${shown.reason ?? ""}) ${failed.join("; ")}`);
  }

  /** Ends all programs, and looks at what they leave. */
  async #close(world: RoundWorld): Promise<void> {
    const { fleet, follower, run } = world;
    await fleet.allOnline().catch((error: unknown) => this.#violation(String(error)));
    for (const machine of fleet.agents) await checkSettled(world, machine);
    await checkConnections(world);
    await follower.stop();
    this.violations.push(...follower.violations);
    await Promise.all(
      fleet.machines.map((machine) => (world.endedInOrder ? machine.end("SIGTERM") : machine.end("SIGKILL"))),
    );
    await checkNothingLeft(world);
    const { lines } = await fleet.person.says("events", run);
    checkEvents(world, follower.seen, lines as RunEvent[]);
    this.#tell("the round is over");
  }

  /** Takes everything away again that the round has made outside of its folder. May be called twice. */
  cleanUp(): Promise<void> {
    return (this.#cleaning ??= this.#cleanUp());
  }

  async #cleanUp(): Promise<void> {
    await this.#follower?.stop();
    const fleet = this.#fleet;
    if (fleet === null) return;
    const names = fleet.machines.map(({ host }) => host.name);
    await fleet.dispose();
    for (const machine of this.#mounted) {
      if (this.violations.length > 0) keepData(machine);
      await unmountDisk(machine);
    }
    const left = existsSync(NETNS) ? readdirSync(NETNS).filter((name) => names.includes(name)) : [];
    if (left.length > 0) this.#violation(`namespaces are left: ${left.join(", ")}`);
    if (readFileSync("/proc/self/mounts", "utf8").includes(this.#folder)) this.#violation("mounts are left");
  }

  #tell(line: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(2).padStart(6);
    this.story.push(`${new Date().toISOString()} ${seconds} s  ${line}`);
  }

  #violation(text: string): void {
    this.#tell(`VIOLATION ${text}`);
    this.violations.push(text);
  }
}

/** The data of a disk that is about to go, for whoever looks at what went wrong. */
function keepData(machine: Machine): void {
  rmSync(path.join(machine.data, "filler"), { force: true });
  cpSync(machine.data, `${machine.data}.kept`, { recursive: true, filter: (name) => !name.endsWith(".sock") });
}

function cause(world: RoundWorld, machine: Machine, trouble: Trouble): Promise<Mend> {
  if (PEOPLE.has(trouble.kind)) return troublePeople(world, trouble);
  return LINKS.has(trouble.kind) ? troubleLink(machine, trouble) : troubleBody(world, machine, trouble);
}

function pass(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

function toWhole(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}
