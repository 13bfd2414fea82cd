import type { IpcError } from "#core/ipc/frames.ts";
import type { Comparison, NodeChange } from "#core/ipc/time-methods.ts";
import type { RunId } from "#core/model/id.ts";
import type { App } from "./app.svelte.ts";

/** Nodes kept of one comparison. */
const MAX_NODES = 20_000;

/** What differs between two instants of a run, A and B. What was asked for last is what is shown. */
export class RunComparison {
  readonly #app: App;
  readonly #run: RunId;
  #ends: { readonly a: number; readonly b: number } | null = $state.raw(null);
  #found: Comparison | null = $state.raw(null);
  #error: IpcError | null = $state.raw(null);

  constructor(app: App, run: RunId) {
    this.#app = app;
    this.#run = run;
  }

  /** Null: nothing is being compared. */
  get ends(): { readonly a: number; readonly b: number } | null {
    return this.#ends;
  }

  get found(): Comparison | null {
    return this.#found;
  }

  get error(): IpcError | null {
    return this.#error;
  }

  get pins(): readonly { readonly letter: string; readonly seq: number }[] {
    if (this.#ends === null) return [];
    return [
      { letter: "A", seq: this.#ends.a },
      { letter: "B", seq: this.#ends.b },
    ];
  }

  close(): void {
    this.#ends = null;
    this.#found = null;
  }

  async compare(a: number, b: number): Promise<void> {
    const ends = { a, b };
    this.#ends = ends;
    this.#error = null;
    let nodes: readonly NodeChange[] = [];
    for (let first: number | null = 0; first !== null && nodes.length < MAX_NODES;) {
      const params = { run: this.#run, before: a, after: b, first };
      const answer = await this.#app.request("run.compare", params);
      if (this.#ends !== ends) return;
      if (!answer.ok) {
        this.#error = answer.error;
        this.#found = null;
        return;
      }
      const part: Comparison = answer.value;
      nodes = [...nodes, ...part.nodes];
      this.#found = { ...part, nodes };
      first = part.next;
    }
  }
}
