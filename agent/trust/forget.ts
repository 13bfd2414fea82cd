import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Disposable } from "#core/base/dispose.ts";
import type { AppId } from "#core/model/id.ts";
import type { Log } from "#core/ports/log.ts";
import { removeDurably } from "#system/durable-file.ts";
import { PAIRINGS_FOLDER, TRUST_FOLDER } from "./identity.ts";
import type { Pairings } from "./pairings.ts";
import { readPrivateFile, writePrivateFile } from "#system/private-file.ts";

/** A file of this name asks the agent to forget an app. It goes when that is done. */
const MARK = /^([0-9a-f]{16})\.forget$/;
/** Where the system does not tell of changes, they are looked for. */
const LOOK_EVERY_MS = 2_000;

interface ForgetInput {
  readonly dataDir: string;
  readonly pairings: Pairings;
  readonly log: Log;
  /** Ends the work of an app whose pairing is gone, and removes what it left. */
  readonly forgotten: (app: AppId) => void;
}

/** Asks the agent of a folder, running or not, to forget an app. Durable on return. */
export function askToForget(dataDir: string, app: AppId): Promise<void> {
  return writePrivateFile(markOf(dataDir, app), "");
}

/** Whether the agent has done so. */
export async function isForgotten(dataDir: string, app: AppId): Promise<boolean> {
  return (await readPrivateFile(markOf(dataDir, app))) === undefined;
}

/** Does what is asked so far, and from then on what is asked by a person at this machine, at once. */
export async function watchForgets(input: ForgetInput): Promise<Disposable> {
  const looker = new Looker(input);
  await looker.look();
  looker.watch();
  return looker;
}

class Looker implements Disposable {
  readonly #input: ForgetInput;
  readonly #folder: string;
  #looking: Promise<void> = Promise.resolve();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: ForgetInput) {
    this.#input = input;
    this.#folder = join(input.dataDir, TRUST_FOLDER, PAIRINGS_FOLDER);
  }

  watch(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, (_event, name) => {
        if (name === null || MARK.test(name)) void this.look();
      });
      // Without it the timer still looks.
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch (error) {
      this.#input.log.debug("the folder of pairings cannot be watched", { error: String(error) });
    }
  }

  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#take());
    return this.#looking;
  }

  async #take(): Promise<void> {
    const { dataDir, pairings, log, forgotten } = this.#input;
    try {
      for (const name of await readdir(this.#folder)) {
        const app = MARK.exec(name)?.[1] as AppId | undefined;
        if (app === undefined) continue;
        log.warn("an app is forgotten: asked for at this machine", { app, appName: pairings.get(app)?.appName ?? "" });
        // Listeners are told of a pairing that was there; of one that was removed while no agent ran, only here.
        if (!(await pairings.remove(app))) forgotten(app);
        await removeDurably(markOf(dataDir, app));
      }
    } catch (error) {
      log.error("an app could not be forgotten", { error: String(error) });
    }
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
  }
}

function markOf(dataDir: string, app: AppId): string {
  return join(dataDir, TRUST_FOLDER, PAIRINGS_FOLDER, `${app}.forget`);
}
