import type { KeyVault } from "#core/ports/trust.ts";
import type { HostReply } from "#core/ipc/host-link.ts";

/** The shell answers at once, unless the system asks a person to unlock the keyring. */
const ANSWER_WITHIN_MS = 30_000;

/** The desktop shell's hold on the system's keyring, asked over the channel between shell and coordinator. */
export class ShellVault implements KeyVault {
  readonly isLeft: boolean;
  readonly #send: (message: HostReply) => void;
  readonly #waiting = new Map<number, (text: string | null) => void>();
  #asked = 0;

  /** `isLeft`: the person wants the key back in a file. */
  constructor(send: (message: HostReply) => void, isLeft: boolean) {
    this.#send = send;
    this.isLeft = isLeft;
  }

  seal(text: string): Promise<string | null> {
    return this.#ask("seal", text);
  }

  open(sealed: string): Promise<string | null> {
    return this.#ask("open", sealed);
  }

  answered(id: number, text: string | null): void {
    this.#waiting.get(id)?.(text);
    this.#waiting.delete(id);
  }

  #ask(what: "seal" | "open", text: string): Promise<string | null> {
    const id = ++this.#asked;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const timer = setTimeout(() => this.answered(id, null), ANSWER_WITHIN_MS);
    this.#waiting.set(id, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    this.#send({ kind: "secret", id, what, text });
    return promise;
  }
}
