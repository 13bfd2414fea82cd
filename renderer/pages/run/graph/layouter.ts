import ELK from "elkjs/lib/elk-api.js";
import ElkWorker from "elkjs/lib/elk-worker.min.js?worker";
import type { GraphStructure } from "#core/view/graph.ts";
import type { Layout } from "#core/view/layout.ts";
import { toLayout, toLayoutGraph } from "#core/view/layout.ts";

/** Layouts kept: going back to a structure seen before is instant. */
const MAX_CACHED = 16;

/** Arranges graphs in a worker. The same structure is arranged once. */
export class Layouter {
  readonly #elk = new ELK({ workerFactory: () => new ElkWorker() });
  readonly #cache = new Map<string, Promise<Layout>>();

  arrange(structure: GraphStructure): Promise<Layout> {
    const known = this.#cache.get(structure.key);
    if (known !== undefined) return known;
    const layout = this.#elk.layout(toLayoutGraph(structure)).then((graph) => toLayout(structure.key, graph));
    this.#cache.set(structure.key, layout);
    const oldest = this.#cache.keys().next().value;
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
    return layout;
  }

  dispose(): void {
    this.#elk.terminateWorker();
  }
}
