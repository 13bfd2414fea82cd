import { type GroupName, stopGroups, wakeGroups } from "./process-groups.ts";

/** Between two looks at processes that were told to stop. */
const LOOK_EVERY_MS = 5;

/** Stops and wakes whole attempts, and says so only when it is true. */
export class Freezer {
  readonly #groupOf: (id: string) => GroupName | undefined;
  readonly #frozen: (ids: readonly string[]) => void;
  /** Told to stop, not yet found stopped. */
  readonly #stopping = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(groupOf: (id: string) => GroupName | undefined, frozen: (ids: readonly string[]) => void) {
    this.#groupOf = groupOf;
    this.#frozen = frozen;
  }

  freeze(ids: readonly string[]): void {
    for (const id of ids) if (this.#groupOf(id) !== undefined) this.#stopping.add(id);
    this.#look();
  }

  thaw(ids: readonly string[]): void {
    for (const id of ids) this.#stopping.delete(id);
    wakeGroups(ids.map(this.#groupOf).filter((group) => group !== undefined));
  }

  forget(id: string): void {
    this.#stopping.delete(id);
  }

  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const names = new Map<GroupName, string>();
    for (const id of this.#stopping) {
      const group = this.#groupOf(id);
      if (group !== undefined) names.set(group, id);
    }
    if (names.size === 0) return;
    const stopped = stopGroups([...names.keys()]).map((group) => names.get(group) ?? "");
    for (const id of stopped) this.#stopping.delete(id);
    if (stopped.length > 0) this.#frozen(stopped);
    if (this.#stopping.size > 0) this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }
}
