import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { assertNever } from "#core/base/assert.ts";
import type { Disposable } from "#core/base/dispose.ts";
import type { AttemptSpec } from "#core/model/attempt.ts";
import type { AgentId, AppId } from "#core/model/id.ts";
import type { Attempt, AttemptListener, AttemptRunner, EndedAttempt } from "#core/ports/attempts.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Activity } from "./activity.ts";
import { type AttemptPlaces, placesOf, RUNNER_FOLDERS } from "./attempt-folders.ts";
import { taskEnvironment } from "./environment.ts";
import { HttpActivity } from "./http-activity.ts";
import { EndedLocalAttempt, LocalAttempt } from "./local-attempt.ts";
import { Outbox, readOutbox } from "./outbox.ts";
import type { AttemptFiles } from "./ports.ts";
import { ProcessActivity, type ProcessStarter } from "./process-activity.ts";
import { type ProcessCommand, ProgramCommand } from "./process-command.ts";
import { InstantActivity, SleepActivity } from "./quiet-activities.ts";
import { type NodeFacts, ScriptCommand } from "./script-command.ts";
import { SharedSlots } from "./slots.ts";

interface RunnerInput {
  readonly dataDir: string;
  readonly agent: { readonly id: AgentId; readonly name: string };
  readonly slots: number;
  readonly maxOutputBytes: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly processes: ProcessStarter;
  readonly files: AttemptFiles;
  readonly clock: Clock;
  readonly log: Log;
}

/** Carries out attempts on this machine. */
export class LocalRunner implements AttemptRunner, Disposable {
  readonly #input: RunnerInput;
  readonly #slots: SharedSlots;
  readonly #outbox: Outbox;

  constructor(input: RunnerInput) {
    this.#input = input;
    this.#slots = new SharedSlots(input.slots);
    this.#outbox = new Outbox(input);
  }

  start(app: AppId, spec: AttemptSpec, listener: AttemptListener): Attempt {
    const { files, clock, dataDir } = this.#input;
    const places = placesOf(dataDir, app, spec.key);
    const { kind } = spec.action;
    const isProcess = kind === "run" || kind === "argv" || kind === "script";
    const slots = isProcess ? this.#slots.of(app) : null;
    const activity = this.#activity(spec, places);
    const outbox = this.#outbox;
    return new LocalAttempt({ app, spec, places, activity, slots, isProcess, outbox, files, clock, listener });
  }

  /** Makes durable what no app has taken yet. */
  dispose(): Promise<void> {
    return this.#outbox.dispose();
  }

  trouble(): string | null {
    return this.#input.processes.isUp ? null : "the agent's spawner process died and is being restarted";
  }

  #activity(spec: AttemptSpec, places: AttemptPlaces): Activity {
    const { action } = spec;
    switch (action.kind) {
      case "run":
      case "argv":
        return this.#process(spec, places, new ProgramCommand(action, spec.result, places));
      case "script":
        return this.#process(spec, places, new ScriptCommand(action, spec, places, OWN_NODE), NODE_ENVIRONMENT);
      case "sleep":
        return new SleepActivity(this.#input.clock, action.durationMs);
      case "http":
        return new HttpActivity(action, spec);
      case "noop":
        return new InstantActivity();
      default:
        return assertNever(action);
    }
  }

  #process(
    spec: AttemptSpec,
    places: AttemptPlaces,
    command: ProcessCommand,
    more: Readonly<Record<string, string>> = {},
  ): Activity {
    const { agent, environment: own, processes, clock, maxOutputBytes } = this.#input;
    const environment = (): Readonly<Record<string, string>> => ({
      ...taskEnvironment(spec, places, { agent, own, now: clock.now() }),
      ...more,
    });
    const { memoryBytes, cpus } = spec;
    return new ProcessActivity({
      command,
      places,
      environment,
      processes,
      clock,
      maxOutputBytes,
      memoryBytes,
      cpus,
    });
  }
}

/** The Node that runs this agent, which also runs scripts. */
const OWN_NODE: NodeFacts = {
  execPath: process.execPath,
  version: process.version,
  flags: process.allowedNodeEnvironmentFlags,
  typescript: process.features.typescript,
};
/** In the desktop app Electron stands in for Node, and has to be told. */
const NODE_ENVIRONMENT: Readonly<Record<string, string>> =
  process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" };

/** Makes the runner's folders, removes what belongs to nothing, and returns what still waits to be settled. Rule RUN-8. */
export async function restoreAttempts(dataDir: string, log: Log): Promise<readonly EndedAttempt[]> {
  for (const name of Object.values(RUNNER_FOLDERS)) await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 });
  const entries = await readOutbox(join(dataDir, RUNNER_FOLDERS.outbox), log);
  const ended = entries.map((entry) => ({ ...entry, places: placesOf(dataDir, entry.app, entry.key) }));
  const known = new Set(ended.map(({ places }) => places.id));
  await removeUnknown(join(dataDir, RUNNER_FOLDERS.work), known);
  await removeUnknown(join(dataDir, RUNNER_FOLDERS.logs), known);
  return ended.map(({ places, ...entry }) => ({ ...entry, attempt: new EndedLocalAttempt(places) }));
}

async function removeUnknown(folder: string, known: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!known.has(name.replace(/\.log$/, ""))) await rm(join(folder, name), { recursive: true, force: true });
  }
}
