import { decode, encode } from "../codec.ts";
import { field, listField, numberField } from "../read.ts";

// Each world of a page has one half. They share the DOM and nothing else, so they talk by synchronous events with a
// name no page can guess, and only text crosses.

export type Exposed = { readonly name: string; readonly value: unknown };

type Call = (...parameters: readonly unknown[]) => unknown;

export class BridgeHalf {
  readonly #outgoing: string;
  readonly #onExposed: (exposed: Exposed) => void;
  readonly #functions: Call[] = [];
  readonly #answers = new Map<number, unknown>();
  #lastCall = 0;

  constructor(incoming: string, outgoing: string, onExposed: (exposed: Exposed) => void) {
    this.#outgoing = outgoing;
    this.#onExposed = onExposed;
    document.addEventListener(incoming, (event) => {
      if (event instanceof CustomEvent && typeof event.detail === "string") this.#receive(event.detail);
    });
  }

  post(message: unknown): void {
    const detail = encode(message, (run) => this.#register(run));
    document.dispatchEvent(new CustomEvent(this.#outgoing, { detail }));
  }

  #register(run: Call): number {
    const known = this.#functions.indexOf(run);
    return known >= 0 ? known : this.#functions.push(run) - 1;
  }

  #receive(text: string): void {
    const message = decode(text, (id) => this.#remote(id));
    const kind = field(message, "kind");
    if (kind === "expose") this.#onExposed({ name: String(field(message, "name")), value: field(message, "value") });
    if (kind === "call") this.#answer(message);
    if (kind === "answer") this.#answers.set(numberField(message, "call"), message);
  }

  #answer(message: unknown): void {
    const call = numberField(message, "call");
    try {
      const run = this.#functions[numberField(message, "id")];
      this.post({ kind: "answer", call, value: run?.(...listField(message, "parameters")) });
    } catch (error) {
      this.post({
        kind: "answer",
        call,
        problem: error instanceof Error ? [error.name, error.message] : ["", String(error)],
      });
    }
  }

  /** A function of the other world. Its answer is there when the event's dispatch returns. */
  #remote(id: number): Call {
    return (...parameters) => {
      const call = ++this.#lastCall;
      this.post({ kind: "call", call, id, parameters });
      const answer = this.#answers.get(call);
      this.#answers.delete(call);
      const problem = field(answer, "problem");
      if (problem === undefined) return field(answer, "value");
      throw errorOf(problem);
    };
  }
}

/** Electron keeps the message across the bridge and makes it a plain `Error`, unless it is one of the language's own. */
function errorOf(problem: unknown): Error {
  const [name, message] = Array.isArray(problem) ? problem.map(String) : [];
  if (name === "TypeError") return new TypeError(message);
  return name === "RangeError" ? new RangeError(message) : new Error(message);
}
