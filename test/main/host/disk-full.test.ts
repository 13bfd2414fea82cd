import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import type { RunEvent } from "#core/model/event.ts";
import type { RunLine } from "#core/model/run.ts";
import { ask } from "#test/support/ask.ts";
import {
  endProcess,
  lanweave,
  startAgent,
  startCoordinator,
  startLanweave,
  type StartedProcess,
} from "#test/support/fleet.ts";
import { eventually } from "#test/support/lines.ts";
import { noSmallDisk, SmallDisk } from "#test/support/small-disk.ts";

const DEADLINE_MS = 30_000;
const DISK_MEGABYTES = 8;

interface World {
  readonly disk: SmallDisk;
  readonly data: string;
  /** A workflow whose tasks end when `gate` is there, each leaving a line in `done`. */
  readonly file: string;
  readonly gate: string;
  readonly done: string;
  readonly start: () => Promise<StartedProcess>;
  readonly started: StartedProcess[];
}

/** An app whose data folder is on a small disk, and an agent beside it. */
async function worldOf(context: TestContext): Promise<World> {
  const disk = new SmallDisk(DISK_MEGABYTES);
  const started: StartedProcess[] = [];
  context.after(async () => {
    for (const one of started.reverse()) await endProcess(one);
    disk.dispose();
  });
  const at = (name: string): string => path.join(disk.beside, name);
  const [data, gate, done, file] = [path.join(disk.folder, "app"), at("gate"), at("done"), at("wait.yaml")];
  const script = `while [ ! -e ${gate} ]; do sleep 0.05; done; echo "$LANWEAVE_PATH" >> ${done}; seq 1 20000`;
  const tasks = ["a", "b", "c"].map((id) => `  - { id: ${id}, type: task, result: none, run: '${script}' }`);
  const last = "  - { id: last, type: task, dependsOn: [a, b, c], run: echo last }";
  writeFileSync(file, ["lanweave: 1", "name: wait", "nodes:", ...tasks, last].join("\n"));
  const start = async (): Promise<StartedProcess> => {
    const coordinator = await startCoordinator(null, data);
    started.push(coordinator);
    return coordinator;
  };
  await start();
  const more = ["--no-advertise", "--host", "127.0.0.1", "--port", "0", "--slots", "4"];
  const agent = await startAgent(null, "one", at("agent"), ...more);
  started.push(agent);
  const target = `127.0.0.1:${String(agent.ready.port)}`;
  await ask(data, "fleet.pair", { target, code: agent.ready.code });
  return { disk, data, file, gate, done, start, started };
}

const shown = ({ data }: World, run: string): Promise<RunLine> => ask(data, "run.show", { run });

const runningIn = (line: RunLine): number => line.nodes.filter(({ state }) => state === "running").length;
const linesOf = (file: string): readonly string[] => readFileSync(file, "utf8").trim().split("\n").sort();

test(
  "[RUN-8] on a full disk the app stops deciding, says so, loses nothing, and goes on when there is room",
  { skip: noSmallDisk },
  async (context) => {
    const world = await worldOf(context);
    const { disk, data, file, gate, done } = world;
    const watching = startLanweave(null, ["run", file, "--data", data, "--json"]);
    world.started.push(watching);
    const ended = new Promise<number>((resolve) => watching.child.once("close", (code) => resolve(code ?? -1)));
    const run = await watching.stdout.until("run", DEADLINE_MS, (line) => (JSON.parse(line) as RunEvent).run);
    await eventually("all run", DEADLINE_MS, async () => (runningIn(await shown(world, run)) === 3 ? true : undefined));
    disk.fill();
    writeFileSync(gate, "");
    const stuck = await watching.stderr.until("trouble", DEADLINE_MS, (line) =>
      line.includes("stuck") ? line : undefined,
    );
    assert.match(stuck, new RegExp(`! the coordinator is stuck: .*the disk of ${data}\\S* is full.*: free some space`));
    const refused = await lanweave("run", file, "--detach", "--data", data);
    assert.notEqual(refused.code, 0);
    assert.match(JSON.stringify(refused.lines) + refused.stderr, /is full .*free some space/);
    assert.deepEqual(linesOf(done), ["a", "b", "c"]);
    assert.equal(runningIn(await shown(world, run)), 3, "nothing is accepted that is not on the disk");
    disk.free();
    assert.equal(await ended, 0, watching.stderr.all.join("\n"));
    assert.ok(watching.stderr.all.some((line) => line.includes("the coordinator goes on")));
    assert.deepEqual(linesOf(done), ["a", "b", "c"], "nothing was done twice");
    const { text } = await ask(data, "run.log", { run, path: "a", offset: 0 });
    assert.match(text, /20000/);
  },
);

test(
  "[RUN-8] an app that is killed on a full disk says at its start why it cannot, and then takes what agents kept",
  { skip: noSmallDisk },
  async (context) => {
    const world = await worldOf(context);
    const { disk, data, file, gate, done } = world;
    const { run } = await ask(data, "run.start", { source: { kind: "file", file }, inputs: {} });
    await eventually("all run", DEADLINE_MS, async () => (runningIn(await shown(world, run)) === 3 ? true : undefined));
    disk.fill();
    writeFileSync(gate, "");
    await eventually("all are done", DEADLINE_MS, async () => {
      const { code } = await lanweave("doctor", "--data", data);
      return code >= 0 && readDone(done).length === 3 ? true : undefined;
    });
    const [first] = world.started;
    assert.ok(first !== undefined);
    await endProcess(first, "SIGKILL");
    const late = startLanweave(null, ["serve", "--port", "0", "--data", data]);
    world.started.push(late);
    await late.stderr.until("reason", DEADLINE_MS, (line) =>
      /disk .*full.*free some space/.test(line) ? line : undefined,
    );
    disk.free();
    await world.start();
    const line = await eventually("the run has ended", DEADLINE_MS, async () => {
      const one = await shown(world, run);
      return one.endedAt === null ? undefined : one;
    });
    assert.equal(line.state, "completed");
    assert.deepEqual(linesOf(done), ["a", "b", "c"], "nothing was done twice");
  },
);

function readDone(file: string): readonly string[] {
  try {
    return linesOf(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
