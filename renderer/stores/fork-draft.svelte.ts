import type { Json } from "#core/base/json.ts";
import type { IpcError } from "#core/ipc/frames.ts";
import type { ForkPreview, RunText } from "#core/ipc/fork-methods.ts";
import type { MethodParams } from "#core/ipc/methods.ts";
import type { RunHead } from "#core/model/run.ts";
import type { RunId } from "#core/model/id.ts";
import type { App } from "./app.svelte.ts";

/** After the last key, before it is asked what a change would mean. */
const REST_MS = 400;

/** A fork that is being thought about: the definition and inputs it would have, and what it would then do. Rule WIN-19. */
export class ForkDraft {
  readonly #app: App;
  readonly #head: RunHead;
  /** The event it begins after. */
  readonly at: number;
  #source: RunText | null = $state.raw(null);
  #text: string = $state("");
  #preview: ForkPreview | null = $state.raw(null);
  #error: IpcError | null = $state.raw(null);
  #isAsking = $state.raw(false);
  #inputs: Readonly<Record<string, Json>> = {};
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;

  constructor(app: App, head: RunHead, at: number) {
    this.#app = app;
    this.#head = head;
    this.at = at;
    void this.#open();
  }

  get source(): RunText | null {
    return this.#source;
  }

  get text(): string {
    return this.#text;
  }

  get isEdited(): boolean {
    return this.#source !== null && this.#text !== this.#source.text;
  }

  get preview(): ForkPreview | null {
    return this.#preview;
  }

  get error(): IpcError | null {
    return this.#error;
  }

  /** What is shown is of what was before. */
  get isStale(): boolean {
    return this.#isAsking;
  }

  write(text: string): void {
    this.#text = text;
    this.#soon();
  }

  give(inputs: Readonly<Record<string, Json>>): void {
    this.#inputs = inputs;
    this.#soon();
  }

  reset(): void {
    this.write(this.#source?.text ?? "");
  }

  /** Starts it. Null: it could not, and `error` says why. */
  async start(): Promise<RunId | null> {
    this.dispose();
    const { outFolder } = this.#head;
    const out = this.isEdited && outFolder !== null ? { out: outFolder } : {};
    const answer = await this.#app.request("run.fork", { ...this.#params(), ...out });
    this.#error = answer.ok ? null : answer.error;
    return answer.ok ? answer.value.run : null;
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #open(): Promise<void> {
    this.#isAsking = true;
    const answer = await this.#app.request("run.text", { run: this.#head.run });
    if (answer.ok) {
      this.#source = answer.value;
      this.#text = answer.value.text;
    } else this.#error = answer.error;
    await this.#ask();
  }

  #soon(): void {
    this.dispose();
    this.#isAsking = true;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, REST_MS);
  }

  async #ask(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#isAsking = true;
    const answer = await this.#app.request("run.fork-preview", this.#params());
    if (asked !== this.#asked) return;
    this.#isAsking = this.#timer !== null;
    if (answer.ok) this.#preview = answer.value;
    this.#error = answer.ok ? null : answer.error;
  }

  #params(): MethodParams<"run.fork"> {
    const base = { run: this.#head.run, at: this.at, inputs: { ...this.#inputs } };
    if (!this.isEdited || this.#source === null) return base;
    const { folder, files } = this.#source;
    const name = `${this.#head.workflow}.yaml`;
    return { ...base, source: { kind: "built", folder, files: [{ name, text: this.#text }, ...files] } };
  }
}
