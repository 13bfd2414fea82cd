import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { eventually } from "#test/support/lines.ts";
import { processesWith } from "#test/support/processes.ts";
import { commandOf, readProc, type Machine } from "./machine.ts";
import type { RoundWorld } from "./round-world.ts";
import type { Work } from "./works.ts";

const SETTLE_MS = 20_000;
const ORPHAN_MS = 5_000;
/** Of a machine with each of the others: a link, a file transfer that is kept open, and one that is just being replaced. */
const MOST_CONNECTIONS = 3;
const ESTABLISHED = "01";
const LISTENING = "0A";

/** The end of the run: what it says, and the file it brought home. */
export function checkEnd(
  world: RoundWorld,
  work: Work,
  shown: RunLine,
  out: string,
  events: readonly RunEvent[],
): void {
  if (shown.state !== "completed") return;
  const outputs = shown.outputs ?? {};
  for (const [name, expected] of Object.entries(work.outputs))
    if (!isDeepStrictEqual(outputs[name], expected))
      world.violation(`output ${name}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(outputs[name])}`);
  if (work.collected !== null && shown.collection?.state === "done") {
    const digest = createHash("sha256")
      .update(readFileSync(path.join(out, work.collected.name)))
      .digest("hex");
    if (digest !== work.collected.sha256)
      world.violation(`${work.collected.name}: expected the digest ${work.collected.sha256}, found ${digest}`);
  }
  try {
    work.check(outputs, events);
  } catch (error) {
    world.violation(String(error));
  }
}

/** The journal as it is read in the end, against all that was told while the run went on. */
export function checkEvents(world: RoundWorld, seen: readonly RunEvent[], kept: readonly RunEvent[]): void {
  kept.forEach((event, index) => {
    if (event.seq !== index + 1) world.violation(`expected event ${String(index + 1)}, found ${String(event.seq)}`);
  });
  const bySeq = new Map(kept.map((event) => [event.seq, event]));
  for (const event of seen) {
    const found = bySeq.get(event.seq);
    if (found === undefined)
      world.violation(`event ${String(event.seq)} was told and is gone: ${JSON.stringify(event)}`);
    else if (!isSame(found, event))
      world.violation(`event ${String(event.seq)} was ${JSON.stringify(event)} and is ${JSON.stringify(found)}`);
  }
  const state = new Map<string, string>();
  for (const { path: node, to, seq } of kept) {
    if (to === null) continue;
    if (to === "completed" && state.get(node) === "completed")
      world.violation(`event ${String(seq)} completes "${node}" a second time`);
    state.set(node, to);
  }
}

function isSame(left: RunEvent, right: RunEvent): boolean {
  const fields = ["seq", "time", "type", "path", "from", "to", "reason", "message", "data"] as const;
  return fields.every((field) => isDeepStrictEqual(left[field], right[field]));
}

/** When a run has ended and everybody is in touch, an agent keeps nothing of it but files in its store. */
export async function checkSettled(world: RoundWorld, machine: Machine): Promise<void> {
  let left: readonly string[] = [];
  try {
    await eventually("settled", SETTLE_MS, () => {
      left = unsettled(world, machine.data);
      return Promise.resolve(left.length === 0 ? true : undefined);
    });
  } catch {
    world.violation(`${machine.name} still keeps ${left.join(", ")}`);
  }
}

function unsettled(world: RoundWorld, data: string): readonly string[] {
  // What a broken transfer left in the store is gone on with when somebody asks again, and is the first to give way.
  const kept = globSync(["work/*", "outbox/*", "logs/*", "store/*/keep-*"], { cwd: data });
  return kept.filter((name) => !wasDamaged(world, path.join(data, name)));
}

/** What is set aside of a damaged file keeps the beginning of its name. */
function wasDamaged(world: RoundWorld, file: string): boolean {
  return [...world.damaged].some((damaged) => file.startsWith(damaged.replace(/\.json$/, "")));
}

/** No machine holds more connections than it has use for, once all links are whole again. */
export async function checkConnections(world: RoundWorld): Promise<void> {
  const { machines } = world.fleet;
  for (const machine of machines) {
    const most = MOST_CONNECTIONS * (machines.length - 1);
    let count = 0;
    await eventually("few connections", SETTLE_MS, () => {
      count = sockets(machine.pid, ESTABLISHED).length;
      return Promise.resolve(count <= most ? true : undefined);
    }).catch(() =>
      world.violation(`${machine.name} has ${String(count)} connections, at most ${String(most)} are of use`),
    );
  }
}

/** Local addresses of sockets in a state, as the network of a process sees them; loopback is left out. */
function sockets(pid: number, state: string): readonly string[] {
  const lines = ["net/tcp", "net/tcp6"].flatMap((name) => readProc(pid, name).split("\n").slice(1));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === state && !/^(0100007F|0+1|0+FFFF00000100007F):/.test(fields[1] ?? ""))
    .map((fields) => fields[1] ?? "");
}

/** After all programs have ended: no process, no socket, no temporary file of theirs is left. */
export async function checkNothingLeft(world: RoundWorld): Promise<void> {
  const left = (): readonly number[] => [
    ...new Set([
      ...processesWith(`LANWEAVE_RUN=${world.run}`),
      ...world.fleet.machines.flatMap((machine) => machine.pids()),
    ]),
  ];
  await eventually("no process is left", ORPHAN_MS, () =>
    Promise.resolve(left().length === 0 ? true : undefined),
  ).catch(() => {
    const told = left().map((pid) => `${String(pid)} ${commandOf(pid).slice(0, 120)}`);
    if (told.length > 0) world.violation(`left running: ${told.join("; ")}`);
  });
  for (const machine of world.fleet.machines) {
    const listening = await listeningIn(machine);
    if (listening.length > 0) world.violation(`${machine.name}: sockets still listen: ${listening.join(", ")}`);
    const names = readdirSync(machine.temporary);
    if (names.length > 0) world.violation(`${machine.name}: temporary files are left: ${names.join(", ")}`);
    const pipes = path.join(machine.data, "pipes");
    if (machine !== world.fleet.app && existsSync(pipes) && world.endedInOrder && statSync(pipes).isDirectory())
      world.violation(`${machine.name}: pipes are left: ${readdirSync(pipes).length.toString()}`);
  }
}

async function listeningIn(machine: Machine): Promise<readonly string[]> {
  const { stdout } = await machine.host.exec("cat", "/proc/net/tcp", "/proc/net/tcp6");
  const fields = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return fields.filter((each) => each[3] === LISTENING).map((each) => each[1] ?? "");
}
