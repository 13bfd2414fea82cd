import type { NodePath } from "#core/model/id.ts";
import type { GraphNode, GraphStructure } from "#core/view/graph.ts";
import type { Box, Layout } from "#core/view/layout.ts";
import type { SpatialGrid } from "#core/view/spatial-grid.ts";
import type { Size, Viewport } from "#core/view/viewport.ts";
import { fitViewport, gridOf, nearKeys, reveal, zoomBy } from "#core/view/viewport.ts";
import { Layouter } from "./layouter.ts";

const FIT_PADDING_PX = 32;
const REVEAL_PADDING_PX = 24;

/** An arranged graph and what of it is on screen. */
export class GraphState {
  layout: Layout | null = $state.raw(null);
  viewport: Viewport = $state.raw({ x: 0, y: 0, zoom: 1 });
  size: Size = $state.raw({ width: 0, height: 0 });
  error: string | null = $state.raw(null);
  /** As long as the person has not moved the canvas, it follows the graph as it grows. */
  isFollowing = $state.raw(true);
  readonly #layouter = new Layouter();
  #wanted: GraphStructure | null = null;
  #arranged: GraphStructure | null = $state.raw(null);
  readonly nodes: ReadonlyMap<NodePath, GraphNode> = $derived(
    new Map((this.#arranged?.nodes ?? []).map((node) => [node.path, node])),
  );
  readonly #grid: SpatialGrid<NodePath> | null = $derived(this.layout === null ? null : gridOf(this.layout.boxes));
  readonly #nearKeys: readonly NodePath[] = $derived(
    this.#grid === null ? [] : nearKeys(this.#grid, this.viewport, this.size),
  );
  readonly #nearText: string = $derived(this.#nearKeys.join("\n"));
  /** What is drawn as elements now; the canvas draws the rest. Changes only when something enters or leaves. */
  readonly near: readonly { readonly node: GraphNode; readonly box: Box }[] = $derived.by(() => {
    void this.#nearText;
    return this.#nearKeys.flatMap((path) => {
      const node = this.nodes.get(path);
      const box = this.layout?.boxes.get(path);
      return node === undefined || box === undefined ? [] : [{ node, box }];
    });
  });
  readonly isNear: boolean = $derived(this.near.length > 0);

  async arrange(structure: GraphStructure): Promise<void> {
    if (this.#wanted?.key === structure.key) return;
    this.#wanted = structure;
    try {
      const layout = await this.#layouter.arrange(structure);
      if (this.#wanted !== structure) return;
      this.#arranged = structure;
      this.layout = layout;
      this.error = null;
      if (this.isFollowing) this.fit();
    } catch (error) {
      if (this.#wanted === structure) this.error = error instanceof Error ? error.message : String(error);
    }
  }

  resize(size: Size): void {
    this.size = size;
    if (this.isFollowing) this.fit();
  }

  fit(): void {
    this.isFollowing = true;
    if (this.layout !== null && this.size.width > 0) {
      this.viewport = fitViewport(this.layout.bounds, this.size, FIT_PADDING_PX);
    }
  }

  zoom(factor: number): void {
    this.isFollowing = false;
    this.viewport = zoomBy(this.viewport, this.size, factor);
  }

  reveal(path: NodePath): void {
    const box = this.layout?.boxes.get(path);
    if (box === undefined) return;
    const moved = reveal(this.viewport, this.size, box, REVEAL_PADDING_PX);
    if (moved === this.viewport) return;
    this.isFollowing = false;
    this.viewport = moved;
  }

  /** Puts a canvas point in the middle of the screen. */
  center(x: number, y: number): void {
    const { zoom } = this.viewport;
    this.isFollowing = false;
    this.viewport = { zoom, x: this.size.width / 2 - x * zoom, y: this.size.height / 2 - y * zoom };
  }

  dispose(): void {
    this.#layouter.dispose();
  }
}
