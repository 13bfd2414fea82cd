import type { Trouble } from "./plan.ts";
import type { Mend, RoundWorld } from "./round-world.ts";

const INSIST_MS = 60_000;
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** What people do while all the rest happens. */
export async function troublePeople(world: RoundWorld, { kind, luck }: Trouble): Promise<Mend> {
  const { person } = world.fleet;
  if (kind === "cancel") {
    await orEnded(world, await person.insists(INSIST_MS, "cancel", world.run), "cancel");
    return null;
  }
  const mode = luck < 0.6 ? "freeze" : "drain";
  await orEnded(world, await person.insists(INSIST_MS, "pause", world.run, "--mode", mode), "pause");
  return async () => orEnded(world, await person.insists(INSIST_MS, "resume", world.run), "resume");
}

/** A request may be refused because the run has ended, or because it was heard before and only the answer was lost. */
async function orEnded(
  world: RoundWorld,
  said: { readonly code: number; readonly stderr: string },
  what: string,
): Promise<void> {
  if (said.code === 0) return;
  const shown = await world.follower.show();
  const isMoot = shown === undefined || FINAL.has(shown.state) || (shown.state === "paused") === (what === "pause");
  if (isMoot) return world.tell(`${what} was refused: ${said.stderr.trim()}`);
  world.violation(
    `${what} of a run that is ${shown.state} was refused with code ${String(said.code)}: ${said.stderr.trim()}`,
  );
}
