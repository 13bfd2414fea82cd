import { connect, type TLSSocket } from "node:tls";
import type { Sha256 } from "#core/model/id.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { agentTlsOptions } from "#main/trust/link-options.ts";
import type { TestApp } from "./agent-process.ts";
import { Lines } from "./lines.ts";

const WAIT_MS = 10_000;

/** A conversation about files at an agent's front door, word by word, in the app's name. */
export class FileDoor {
  readonly socket: TLSSocket;
  readonly #lines: Lines;
  #heard = 0;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    this.#lines = new Lines(socket);
  }

  static async open(app: TestApp, { id, fingerprint, port }: LinkTarget): Promise<FileDoor> {
    const tls = await agentTlsOptions(app.authority, { id, fingerprint: fingerprint as Sha256 });
    return new Promise((resolve, reject) => {
      const options = { ...tls, host: "127.0.0.1", port, ALPNProtocols: [FILES_PROTOCOL] };
      const socket = connect(options, () => resolve(new FileDoor(socket)));
      socket.on("error", reject);
    });
  }

  /** Says it, and gives the next answer. */
  async ask(words: object | Uint8Array): Promise<Record<string, unknown>> {
    this.socket.write(words instanceof Uint8Array ? words : `${JSON.stringify(words)}\n`);
    const index = this.#heard;
    this.#heard += 1;
    await this.#lines.until("answer", WAIT_MS, () => (this.#lines.all.length > index ? true : undefined));
    return JSON.parse(this.#lines.all[index] ?? "") as Record<string, unknown>;
  }

  close(): void {
    this.socket.destroy();
  }
}
