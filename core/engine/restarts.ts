import type { NodePath } from "../model/id.ts";
import type { SkipCause } from "./state.ts";

interface Restart {
  readonly seq: number;
  /** Iterations of a loop that stayed. */
  readonly kept: number;
  /** Whether the node itself counts, too, or only what is in it. */
  readonly self: boolean;
  readonly before: Restart | null;
}

/** Which nodes of a run have started over, and when: what they had come to before is no more. */
export class Restarts {
  readonly #last = new Map<string, Restart>();

  /** By the fault policy; a node that is skipped by it right after that keeps what it had come to. */
  again(path: NodePath, seq: number, kept: number): void {
    this.#add(path, { seq, kept, self: false });
  }

  /** By a person; null: it stays as it is. */
  reset(path: NodePath, seq: number, kept: number | null): void {
    if (kept !== null) this.#add(path, { seq, kept, self: kept === 0 });
  }

  #add(path: NodePath, restart: Omit<Restart, "before">): void {
    this.#last.set(path, { ...restart, before: this.#last.get(path) ?? null });
  }

  skipped(path: NodePath, cause: SkipCause): void {
    const last = this.#last.get(path);
    if (cause !== "fault" || last === undefined || last.self) return;
    if (last.before === null) this.#last.delete(path);
    else this.#last.set(path, last.before);
  }

  /** Whether nothing around a node, and not itself, has started over since an event. */
  standsSince(path: NodePath, seq: number): boolean {
    const own = this.#last.get(path);
    if (own !== undefined && own.self && own.seq > seq) return false;
    for (let cut = lastCut(path); cut >= 0; cut = lastCut(path.slice(0, cut))) {
      const restart = this.#last.get(path.slice(0, cut));
      if (restart === undefined || restart.seq <= seq) continue;
      const index = path[cut] === "[" ? Number.parseInt(path.slice(cut + 1), 10) : Infinity;
      if (restart.kept === 0 || index > restart.kept) return false;
    }
    const run = this.#last.get("");
    return run === undefined || run.seq <= seq || run.kept > 0;
  }
}

function lastCut(path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf("["));
}
