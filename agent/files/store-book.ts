import type { AppId, RunId, Sha256 } from "#core/model/id.ts";

/** Something that lies in the store and takes room. */
export interface StoredFile {
  readonly path: string;
  readonly app: AppId;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** Whole content, or what a broken transfer has left of it. */
  readonly kind: "whole" | "part";
}

interface FilesOfRun {
  /** What the run needs from here: made here, and of use to it until it is over. */
  readonly needed: Set<Sha256>;
  /** What its attempts here have used: the run may ask for it again, and others have it as well. */
  readonly used: Set<Sha256>;
}

/**
 * What lies in the store, what must stay, and in which order the rest goes: first what no run under way knows of, then what one has
 * only used; of each the one not used for longest. Every change costs the same however much there is.
 */
export class StoreBook {
  readonly #files = new Map<string, StoredFile>();
  /** The whole and the part of one content, mostly one of them. */
  readonly #byContent = new Map<string, readonly StoredFile[]>();
  /** In the order in which they go. */
  readonly #unknown = new Map<string, StoredFile>();
  readonly #used = new Map<string, StoredFile>();
  readonly #holds = new Map<string, number>();
  readonly #runs = new Map<AppId, Map<RunId, FilesOfRun>>();
  /** By content: how many runs need it, how many use it. */
  readonly #needers = new Map<string, number>();
  readonly #users = new Map<string, number>();
  #usedBytes = 0;
  #evictableBytes = 0;

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get evictableBytes(): number {
    return this.#evictableBytes;
  }

  get(path: string): StoredFile | undefined {
    return this.#files.get(path);
  }

  add(file: StoredFile): void {
    this.remove(file.path);
    this.#files.set(file.path, file);
    const name = nameOf(file.app, file.sha256);
    this.#byContent.set(name, [...(this.#byContent.get(name) ?? []), file]);
    this.#usedBytes += file.sizeBytes;
    this.#place(file);
  }

  remove(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#takeOut(file);
    this.#files.delete(path);
    const name = nameOf(file.app, file.sha256);
    const others = (this.#byContent.get(name) ?? []).filter((one) => one !== file);
    if (others.length > 0) this.#byContent.set(name, others);
    else this.#byContent.delete(name);
    this.#usedBytes -= file.sizeBytes;
  }

  removeApp(app: AppId): void {
    for (const file of [...this.#files.values()]) if (file.app === app) this.remove(file.path);
    for (const run of this.runs(app)) this.release(app, run);
  }

  /** Used now: of its kind the last to go. */
  touch(path: string): void {
    const file = this.#files.get(path);
    if (file !== undefined) this.#place(file);
  }

  /** What is to go next, or undefined: all that is left must stay. */
  next(): StoredFile | undefined {
    for (const files of [this.#unknown, this.#used]) for (const file of files.values()) return file;
    return undefined;
  }

  /** Keeps the content, there or to come, until the function returned is called. */
  hold(app: AppId, sha256: Sha256): () => void {
    const name = nameOf(app, sha256);
    this.#count(this.#holds, name, 1);
    this.#placeAll(app, sha256);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#count(this.#holds, name, -1);
      this.#placeAll(app, sha256);
    };
  }

  need(app: AppId, run: RunId, files: readonly Sha256[]): void {
    this.#note(app, run, files, "needed", this.#needers);
  }

  use(app: AppId, run: RunId, files: readonly Sha256[]): void {
    this.#note(app, run, files, "used", this.#users);
  }

  /** The run is over, or so it is taken. */
  release(app: AppId, run: RunId): void {
    const runs = this.#runs.get(app);
    const ofRun = runs?.get(run);
    if (runs === undefined || ofRun === undefined) return;
    runs.delete(run);
    if (runs.size === 0) this.#runs.delete(app);
    for (const sha256 of ofRun.needed) this.#count(this.#needers, nameOf(app, sha256), -1);
    for (const sha256 of ofRun.used) this.#count(this.#users, nameOf(app, sha256), -1);
    for (const sha256 of new Set([...ofRun.needed, ...ofRun.used])) this.#placeAll(app, sha256);
  }

  /** Whether the run needs something from here. */
  isNeeded(app: AppId, run: RunId): boolean {
    return (this.#runs.get(app)?.get(run)?.needed.size ?? 0) > 0;
  }

  /** Runs that need something from here. */
  runs(app: AppId): readonly RunId[] {
    return [...(this.#runs.get(app) ?? [])].flatMap(([run, { needed }]) => (needed.size > 0 ? [run] : []));
  }

  /** What each run needs from here. */
  *needs(): Iterable<{ readonly app: AppId; readonly run: RunId; readonly files: ReadonlySet<Sha256> }> {
    for (const [app, runs] of this.#runs) {
      for (const [run, { needed }] of runs) if (needed.size > 0) yield { app, run, files: needed };
    }
  }

  #note(app: AppId, run: RunId, files: readonly Sha256[], as: "needed" | "used", counts: Map<string, number>): void {
    if (files.length === 0) return;
    const runs = this.#runs.get(app) ?? new Map<RunId, FilesOfRun>();
    this.#runs.set(app, runs);
    const ofRun = runs.get(run) ?? { needed: new Set(), used: new Set() };
    runs.set(run, ofRun);
    for (const sha256 of files) {
      if (ofRun[as].has(sha256)) continue;
      ofRun[as].add(sha256);
      this.#count(counts, nameOf(app, sha256), 1);
      this.#placeAll(app, sha256);
    }
  }

  #count(counts: Map<string, number>, name: string, change: 1 | -1): void {
    const count = (counts.get(name) ?? 0) + change;
    if (count > 0) counts.set(name, count);
    else counts.delete(name);
  }

  #placeAll(app: AppId, sha256: Sha256): void {
    for (const file of this.#byContent.get(nameOf(app, sha256)) ?? []) this.#place(file);
  }

  #takeOut(file: StoredFile): void {
    if (this.#unknown.delete(file.path) || this.#used.delete(file.path)) this.#evictableBytes -= file.sizeBytes;
  }

  /** At the end of those it now belongs to. */
  #place(file: StoredFile): void {
    this.#takeOut(file);
    const name = nameOf(file.app, file.sha256);
    if (this.#holds.has(name) || this.#needers.has(name)) return;
    (this.#users.has(name) ? this.#used : this.#unknown).set(file.path, file);
    this.#evictableBytes += file.sizeBytes;
  }
}

function nameOf(app: AppId, sha256: Sha256): string {
  return `${app}/${sha256}`;
}
