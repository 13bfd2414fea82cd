import { formatPairingCode, type PairingCode } from "#core/pairing/code.ts";
import type { EpochMs } from "#core/model/id.ts";

/** What is printed once the agent is ready. */
export interface Readiness {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly port: number;
  readonly linkPort: number;
  readonly addresses: readonly string[];
  /** Null when the code is not for people. */
  readonly code: PairingCode | null;
}

/** Says things on stdout, to people or, as one JSON object a line, to programs. */
export class Greeting {
  readonly #json: boolean;
  readonly #write: (line: string) => void;
  #isReady = false;

  constructor(json: boolean, write: (line: string) => void) {
    this.#json = json;
    this.#write = write;
  }

  ready(what: Readiness): void {
    this.#isReady = true;
    if (this.#json) return this.#write(JSON.stringify({ kind: "agent-ready", ...what }));
    this.#write(`Agent ${what.name} (${what.id}) is ready.`);
    for (const address of what.addresses) this.#write(`  address      ${place(address, what.port)}`);
    this.#write(`  fingerprint  ${what.fingerprint.match(/.{4}/g)?.join(" ") ?? what.fingerprint}`);
    if (what.code !== null) this.#showCode(what.code);
  }

  /** Something that people and programs must not miss, where the log on stderr is not looked at. */
  warning(code: string, message: string): void {
    this.#write(this.#json ? JSON.stringify({ kind: "warning", code, message }) : `\n  *** ${message} ***\n`);
  }

  /** A new code; the first one comes with `ready`. */
  code(code: PairingCode, validUntil: EpochMs): void {
    if (!this.#isReady) return;
    if (this.#json) return this.#write(JSON.stringify({ kind: "pairing-code", code, validUntil }));
    this.#showCode(code);
  }

  #showCode(code: PairingCode): void {
    this.#write(`  pairing code ${formatPairingCode(code)}   (type it into the app; valid for 10 minutes, 5 tries)`);
  }
}

function place(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
