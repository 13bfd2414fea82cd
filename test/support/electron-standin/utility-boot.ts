import { EventEmitter } from "node:events";
import { pathToFileURL } from "node:url";
import { field } from "./read.ts";

// The first thing in a utility process: gives it `process.parentPort`, and then becomes the app's program.

class ParentPort extends EventEmitter {
  #waiting: unknown[] = [];

  constructor() {
    super();
    process.on("message", (message) => this.#receive(message));
    // Electron ends its utility processes when it ends itself.
    process.on("disconnect", () => process.exit(1));
    // Messages wait for the first listener, as on any message port.
    this.on("newListener", (name) => {
      if (name === "message") queueMicrotask(() => this.#flush());
    });
  }

  postMessage(message: unknown): void {
    process.send?.(message);
  }

  #receive(message: unknown): void {
    if (this.listenerCount("message") === 0) this.#waiting.push(message);
    else this.emit("message", { data: field(message, "data"), ports: [] });
  }

  #flush(): void {
    for (const message of this.#waiting.splice(0)) this.#receive(message);
  }
}

Object.defineProperty(process, "parentPort", { value: new ParentPort() });
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? "").href);
