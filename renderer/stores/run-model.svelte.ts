import { untrack } from "svelte";
import type { NodePath } from "#core/model/id.ts";
import { RUN_PATH } from "#core/model/id.ts";
import { allContainers, collapseBelow, initialCollapse, levelCount, toggleCollapse } from "#core/view/collapse.ts";
import type { GraphStructure } from "#core/view/graph.ts";
import { toGraph } from "#core/view/graph.ts";
import type { RunTree, TaskCounts } from "#core/view/run-tree.ts";
import { countTasks, toRunTree } from "#core/view/run-tree.ts";
import type { ViewNode } from "#core/view/view-node.ts";
import { ancestry } from "#core/view/view-node.ts";

/** Nodes that may change in place: `structure` rises when the tree does; a new object means that something changed. */
export interface NodeSource {
  readonly items: ReadonlyMap<string, ViewNode>;
  readonly structure: number;
}

/** What graph, tree and panel share about one run or preview: its tree, what is closed, what is counted. */
export class RunModel {
  readonly #source: () => NodeSource;
  /** Null until the person opens or closes something: then the window decides. */
  #chosen: ReadonlySet<NodePath> | null = $state.raw(null);
  /** The container that is looked at alone; the run itself: everything. */
  focus: NodePath = $state.raw(RUN_PATH);
  /** Chosen together, to do one thing to them all. */
  #marked: ReadonlySet<NodePath> = $state.raw(new Set());
  readonly #structure: number = $derived.by(() => this.#source().structure);
  readonly tree: RunTree = $derived.by(() => {
    void this.#structure;
    return untrack(() => toRunTree(this.#nodes()));
  });
  readonly collapsed: ReadonlySet<NodePath> = $derived(this.#chosen ?? initialCollapse(this.tree));
  readonly graph: GraphStructure = $derived(toGraph(this.tree, this.collapsed, this.focus));
  readonly counts: ReadonlyMap<NodePath, TaskCounts> = $derived.by(() => countTasks(this.#nodes()));

  constructor(source: () => NodeSource) {
    this.#source = source;
  }

  /** Changes whenever any node does: for what draws them all. */
  get source(): NodeSource {
    return this.#source();
  }

  node(path: NodePath): ViewNode | null {
    return this.#source().items.get(path) ?? null;
  }

  toggle(path: NodePath): void {
    this.#chosen = toggleCollapse(this.collapsed, path);
  }

  get marked(): ReadonlySet<NodePath> {
    return this.#marked;
  }

  toggleMark(path: NodePath): void {
    const next = new Set(this.#marked);
    if (!next.delete(path)) next.add(path);
    this.#marked = next;
  }

  markAll(fits: (node: ViewNode) => boolean): void {
    this.#marked = new Set([...this.#nodes().values()].filter(fits).map(({ path }) => path));
  }

  clearMarks(): void {
    this.#marked = new Set();
  }

  get levels(): number {
    return levelCount(this.tree);
  }

  showLevels(levels: number): void {
    this.#chosen = collapseBelow(this.tree, levels);
  }

  closeAll(): void {
    this.#chosen = allContainers(this.tree);
  }

  openAll(): void {
    this.#chosen = new Set();
  }

  /** Opens every container around a node. */
  reveal(path: NodePath): void {
    const around = ancestry(path).slice(0, -1);
    if (!around.some((container) => this.collapsed.has(container))) return;
    const next = new Set(this.collapsed);
    for (const container of around) next.delete(container);
    this.#chosen = next;
  }

  get taskTotal(): number {
    return this.counts.get(RUN_PATH)?.total ?? 0;
  }

  // The keys of a run's items are its paths.
  #nodes(): ReadonlyMap<NodePath, ViewNode> {
    return this.#source().items as ReadonlyMap<NodePath, ViewNode>;
  }
}
