/** Something that owns a resource. `dispose` may be called twice; the second call does nothing. */
export interface Disposable {
  dispose(): void | Promise<void>;
}

/** Disposes what was added to it, last added first. An error of one does not keep the others from being disposed. */
export class DisposableStack implements Disposable {
  #items: Disposable[] = [];

  add<T extends Disposable>(item: T): T {
    this.#items.push(item);
    return item;
  }

  defer(dispose: () => void | Promise<void>): void {
    this.#items.push({ dispose });
  }

  async dispose(): Promise<void> {
    const items = this.#items.reverse();
    this.#items = [];
    const failures: unknown[] = [];
    for (const item of items) {
      try {
        await item.dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "dispose failed");
  }
}
