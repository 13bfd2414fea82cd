import type { RunLine } from "#core/model/run.ts";
import type { Kind, Plan } from "./plan.ts";
import type { RoundWorld } from "./round-world.ts";

/** From the moment everything is mended: agents are lost and found, work is done again, files are brought home. */
const RUN_END_MS = 90_000;
const LOOK_MS = 200;
const MOST_HELPS = 8;
/** A run may fail for these, for no agent can work without a disk; then people retry what failed. */
const MAY_FAIL: ReadonlySet<Kind> = new Set(["disk-full-agent", "disk-full-app", "damage-file"]);

/** Waits for the end of the run, and does what people would: resumes what the disk had paused, retries what it had failed. */
export async function settle(world: RoundWorld, plan: Plan): Promise<RunLine | null> {
  const end = performance.now() + RUN_END_MS;
  const mayFail = plan.troubles.some(({ kind }) => MAY_FAIL.has(kind));
  let helps = 0;
  let last: RunLine | undefined;
  while (performance.now() < end) {
    const shown = await world.follower.show();
    last = shown ?? last;
    if (shown !== undefined) {
      await approve(world, shown);
      if (shown.state === "completed" && shown.collection?.state !== "pending" && shown.collection?.state !== "failed")
        return shown;
      if (shown.state === "cancelled") return shown;
      const isStuck = shown.state === "paused" || shown.state === "failed" || shown.collection?.state === "failed";
      if (isStuck && (!mayFail || helps >= MOST_HELPS)) return shown;
      if (isStuck) {
        helps += 1;
        await help(world, plan, shown);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const open =
    last?.nodes.filter(({ state }) => state === "running" || state === "suspended" || state === "idle") ?? [];
  const told = open.map(({ path, state, phase, reason }) => `${path}: ${state} ${phase ?? ""} ${reason ?? ""}`);
  world.violation(
    `${String(RUN_END_MS)} ms after all was mended the run is ${last?.state ?? "not shown"}: ${told.join("; ")}`,
  );
  return null;
}

async function approve(world: RoundWorld, shown: RunLine): Promise<void> {
  const waiting = shown.nodes.find(({ action, state }) => action === "approve" && state === "running");
  if (waiting === undefined || shown.state !== "running") return;
  const said = await world.fleet.person.says("approve", world.run, waiting.path);
  world.tell(said.code === 0 ? `${waiting.path} is approved` : `the approval was refused: ${said.stderr.trim()}`);
}

async function help(world: RoundWorld, plan: Plan, shown: RunLine): Promise<void> {
  const { person } = world.fleet;
  if (shown.state === "paused") {
    world.tell("the run is paused: resumed by hand");
    await person.says("resume", world.run);
    return;
  }
  const failed = shown.nodes.filter(({ state, action }) => action !== null && state === "failed");
  const first = failed[0] ?? shown.nodes.findLast(({ action, files }) => action !== null && files.length > 0);
  if (first === undefined) return;
  const why = first.error?.message ?? shown.collection?.failure?.message ?? "";
  // A file that nobody has any more comes back only from the task that made it.
  const advised = /retry “([^”]+)”/.exec(why)?.[1];
  const maker = shown.nodes.find(
    ({ path, files }) => path === advised || files.some(({ sha256 }) => why.includes(sha256)),
  );
  // What was undone when the run failed has to be done again, all of it.
  const all = plan.work === "backup" || plan.work === "release" ? shown.nodes[0]?.path : undefined;
  const path = all ?? maker?.path ?? first.path;
  world.tell(`${first.path} failed (${why.slice(0, 200)}): ${path} is retried by hand`);
  const said = await person.says("retry", world.run, path);
  if (said.code !== 0) world.tell(`the retry was refused: ${said.stderr.trim()}`);
}
