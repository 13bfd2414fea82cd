import { evolve } from "#core/engine/evolve.ts";
import type { Kept } from "#core/engine/fork.ts";
import { Gatherer } from "#core/engine/gather.ts";
import type { OwnFiles } from "#core/engine/kept.ts";
import type { RunState } from "#core/engine/state.ts";
import type { RunId } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { Books } from "./books.ts";

/** Events read in one turn of the loop: others have theirs in between. */
const EVENTS_A_READ = 2_000;

/** What a fork with this definition can keep of a run at an event. Reads the journal from the beginning. Rule SNAP-5. */
export async function gatherKept(
  { ports }: Pick<Books, "ports">,
  run: RunId,
  seq: number,
  definition: WorkflowDefinition,
): Promise<Kept> {
  const gatherer = new Gatherer();
  let state: RunState | null = null;
  for (let after = 0; after < seq;) {
    const events = ports.journal.read(run, after, Math.min(EVENTS_A_READ, seq - after));
    if (events.length === 0) break;
    for (const event of events) {
      if (state !== null) gatherer.take(state, event);
      state = evolve(state, event);
    }
    after += events.length;
    await new Promise<void>((resolve) => ports.nextTurn(resolve));
  }
  return state === null ? { results: [], ends: [] } : gatherer.end(state, definition);
}

/** Without the results of tasks whose files of the workflow's folder are not what they were. */
export async function withoutChangedFiles(kept: Kept, files: FileDesk, folder: string | null): Promise<Kept> {
  const looks = new Map<string, Promise<readonly string[]>>();
  const isSame = async (own: OwnFiles): Promise<boolean> => {
    if (folder === null) return false;
    const found = new Set<string>();
    for (const glob of own.globs)
      for (const one of await look(`glob ${glob}`, () => files.find(folder, glob))) found.add(one);
    const { module } = own;
    if (module !== null)
      for (const one of await look(`module ${module}`, () => files.findModules(folder, module))) found.add(one);
    const before = new Set(own.files.map(toMark));
    return before.size === found.size && [...before].every((one) => found.has(one));
  };
  const look = (key: string, find: () => Promise<readonly FileRef[]>): Promise<readonly string[]> => {
    const known = looks.get(key) ?? find().then((found) => found.map(toMark), gone);
    looks.set(key, known);
    return known;
  };
  const results = [];
  for (const result of kept.results) if (result.own === null || (await isSame(result.own))) results.push(result);
  return { ...kept, results };
}

function toMark({ name, sha256 }: FileRef): string {
  return `${sha256} ${name}`;
}

/** What is not there any more, or cannot be read, is not what it was; the task that needs it will say what is wrong. */
function gone(): readonly string[] {
  return ["gone"];
}
