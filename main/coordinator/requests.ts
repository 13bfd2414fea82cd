import { isDeeperThan } from "#core/base/json.ts";
import type { RunInput } from "#core/engine/input.ts";
import type { RunState } from "#core/engine/state.ts";
import type { AppResults } from "#core/ipc/app-methods.ts";
import { IPC_VERSION } from "#core/ipc/frames.ts";
import { type MethodName, type MethodParams, type MethodResults, methodParams } from "#core/ipc/methods.ts";
import type { NodePath, RunId } from "#core/model/id.ts";
import { MAX_JSON_DEPTH } from "#core/model/limits.ts";
import { drawRun } from "#core/monitoring/visualizer.ts";
import type { Books } from "./books.ts";
import { explainRun } from "./coordinator-views.ts";
import { fleetHandlers } from "./fleet-requests.ts";
import type { Happening, Reply } from "./happening.ts";
import { Histories } from "./histories.ts";
import { IntentError } from "./intent-error.ts";
import { libraryHandlers } from "./library-requests.ts";
import type { Loop } from "./loop.ts";
import type { Machines } from "./machines.ts";
import { presentState } from "./points-in-time.ts";
import { Shelf } from "./shelf.ts";
import { steerMany, toInput } from "./steer-many.ts";
import { startHandlers } from "./start-requests.ts";
import { timeHandlers } from "./time-requests.ts";

/** A value of JSON lies in an input, that in the inputs, and those in the parameters. */
const MAX_PARAMS_DEPTH = MAX_JSON_DEPTH + 4;

/** Output given in one answer to `run.log`. */
const LOG_BYTES = 1024 * 1024;

interface RequestBooks extends Books {
  readonly machines: Machines;
  readonly loop: Loop;
  readonly shutdown: () => void;
}

type Handlers = {
  readonly [M in MethodName]: (params: MethodParams<M>, by: string) => Promise<MethodResults[M]> | MethodResults[M];
};

type Steering =
  `run.${"steer-many" | "pause" | "resume" | "cancel" | "retry" | "skip" | "complete" | "approve" | "error"}`;

/** Answers the requests of clients. What changes something goes through the loop and is answered when it is durable. */
export class Requests {
  readonly #books: RequestBooks;
  readonly #shelf: Shelf;
  readonly #handlers: Handlers;

  constructor(books: RequestBooks) {
    this.#books = books;
    this.#shelf = new Shelf(books.ports.library, books.runs);
    const histories = new Histories(books.ports);
    this.#handlers = {
      ...this.#appHandlers(),
      ...fleetHandlers(books, (make) => this.#through(make)),
      ...libraryHandlers(this.#shelf),
      ...this.#runHandlers(),
      ...this.#steerHandlers(),
      ...timeHandlers(books, histories),
      ...startHandlers(books, this.#shelf, histories, (make) => this.#through(make)),
    };
  }

  /** `client` is who asks, as events will name them. */
  responder(client: string): (method: string, params: unknown) => Promise<unknown> {
    let by: string | null = null;
    return async (method, params) => {
      const name = toMethod(method);
      // A schema would run out of stack.
      if (isDeeperThan(params, MAX_PARAMS_DEPTH))
        throw new IntentError(
          "invalid",
          `${name}: values may lie ${String(MAX_JSON_DEPTH)} deep in each other, found more`,
        );
      const checked = methodParams[name].safeParse(params ?? {});
      if (!checked.success) {
        const issues = checked.error.issues
          .map(({ path, message }) => `${path.join(".") || "params"}: ${message}`)
          .join("; ");
        throw new IntentError("invalid", `${name}: ${issues}`);
      }
      if (by === null && name !== "hello") throw new IntentError("protocol", "the first request must be “hello”");
      if (name === "hello") by = `${client} (${(checked.data as MethodParams<"hello">).client})`;
      // One cast for the whole table: the schema of a method and its handler are paired by its name.
      const handler = this.#handlers[name] as (params: unknown, by: string) => unknown;
      return handler(checked.data, by ?? client);
    };
  }

  #appHandlers(): Pick<Handlers, keyof AppResults> {
    const { ports, shutdown } = this.#books;
    return {
      hello: ({ version }) => {
        if (version !== IPC_VERSION) {
          const found = `this coordinator speaks version ${String(IPC_VERSION)}, the client version ${String(version)}`;
          throw new IntentError("version", `${found}: start both from the same installation`);
        }
        return { version, appId: ports.app.id, appName: ports.app.name, product: ports.app.version };
      },
      shutdown: () => {
        ports.nextTurn(shutdown);
        return { seq: 0 };
      },
    };
  }

  #runHandlers(): Pick<Handlers, Extract<MethodName, `run.${"list" | "events" | "log" | "graph" | "delete"}`>> {
    const { runs, ports, queue } = this.#books;
    return {
      "run.list": () => runs.ids().flatMap((run) => runs.head(run) ?? []),
      "run.events": ({ run, after, limit }) => {
        this.#state(run);
        return ports.journal.read(run as RunId, after, limit);
      },
      "run.log": ({ run, path, offset }) => {
        this.#state(run);
        const key = ports.outputs.newest(run as RunId, path as NodePath);
        if (key === null) return { text: "", nextOffset: 0, complete: false };
        const { pieces, nextOffset } = ports.outputs.read(key, offset, LOG_BYTES);
        const text = pieces.map((piece) => piece.text).join("");
        return { text, nextOffset, complete: nextOffset >= ports.outputs.sizeBytes(key) };
      },
      "run.graph": ({ run, format }) => ({ text: drawRun(explainRun(this.#state(run), run as RunId, queue), format) }),
      "run.delete": ({ run }) => this.#through((reply) => ({ kind: "run-delete", run: run as RunId, reply })),
    };
  }

  #steerHandlers(): Pick<Handlers, Steering> {
    const steer = (run: string, input: RunInput) =>
      this.#through((reply) => ({ kind: "run-input", run: run as RunId, input, reply }));
    const at = (path: string | undefined) => (path ?? "") as NodePath;
    return {
      "run.steer-many": ({ run, action, paths, result }, by) =>
        steerMany(paths, (path) => steer(run, toInput(action, path as NodePath, by, result))),
      "run.pause": ({ run, path, mode }, by) => steer(run, { kind: "pause", mode, path: at(path), by }),
      "run.resume": ({ run, path }, by) => steer(run, { kind: "resume", path: at(path), by }),
      "run.cancel": ({ run, path }, by) => steer(run, { kind: "cancel", path: at(path), by }),
      "run.retry": ({ run, path }, by) => steer(run, { kind: "retry", path: at(path), by }),
      "run.skip": ({ run, path }, by) => steer(run, { kind: "skip", path: at(path), by }),
      "run.complete": ({ run, path, result }, by) => steer(run, { kind: "complete", path: at(path), result, by }),
      "run.approve": ({ run, path, approved }, by) => steer(run, { kind: "approve", path: at(path), approved, by }),
      "run.error": ({ run, message }) => steer(run, { kind: "error", message }),
    };
  }

  #through(make: (reply: Reply) => Happening): Promise<{ readonly seq: number }> {
    if (this.#books.loop.isFull)
      throw new IntentError("busy", "the coordinator has too much to do: try again in a moment");
    return new Promise((resolve, reject) => {
      this.#books.enqueue(make({ done: (seq) => resolve({ seq }), failed: reject }));
    });
  }

  #state(run: string): RunState {
    return presentState(this.#books, run as RunId);
  }
}

function toMethod(method: string): MethodName {
  if (Object.hasOwn(methodParams, method)) return method as MethodName;
  throw new IntentError(
    "unknown-method",
    `there is no method “${method}”: client and coordinator may be of different versions`,
  );
}
