import type { ConnectionOptions } from "node:tls";
import type { Sha256 } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Link, LinkFailure, LinkListener, LinkTarget, LinkTransport } from "#core/ports/link.ts";
import type { Log } from "#core/ports/log.ts";
import { type AppMessage, agentMessageSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";
import type { AgentTls } from "./agent-tls.ts";
import { IpcConnection } from "./ipc-connection.ts";
import { toLinkFailure, worstOf } from "./link-failure.ts";

/** Between the starts of tries at two addresses; the first that proves to be the agent wins. */
const STAGGER_MS = 250;
/** All addresses together. */
const CONNECT_WITHIN_MS = 8_000;

interface LinkClientInput {
  readonly tls: AgentTls;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks into why an agent refuses, where that can be seen; what it finds takes the place of the failure. */
  readonly doctor?: LinkDoctor;
}

interface LinkDoctor {
  examine(target: LinkTarget, host: string, failure: LinkFailure): Promise<LinkFailure>;
}

/** The app's end of links, over node-ipc with mutual TLS 1.3. */
export class LinkClient implements LinkTransport {
  readonly #input: LinkClientInput;

  constructor(input: LinkClientInput) {
    this.#input = input;
  }

  connect(target: LinkTarget, listener: LinkListener): Link {
    return new ClientLink(this.#input, target, listener);
  }
}

class ClientLink implements Link {
  readonly #input: LinkClientInput;
  readonly #target: LinkTarget;
  readonly #listener: LinkListener;
  readonly #tries = new Set<IpcConnection>();
  readonly #failures: LinkFailure[] = [];
  /** Where somebody answered who refused us, or whom we do not trust. */
  #refusedAt: string | undefined;
  #waiting: string[];
  #open: IpcConnection | undefined;
  #isClosed = false;
  #cancelStagger: () => void = () => undefined;
  readonly #cancelDeadline: () => void;

  constructor(input: LinkClientInput, target: LinkTarget, listener: LinkListener) {
    this.#input = input;
    this.#target = target;
    this.#listener = listener;
    this.#waiting = [...new Set(target.addresses)];
    this.#cancelDeadline = input.clock.after(CONNECT_WITHIN_MS, () => {
      this.#close({ code: "timeout", message: `agent ${target.id} did not answer within ${CONNECT_WITHIN_MS} ms` });
    });
    void this.#start();
  }

  send(message: AppMessage): boolean {
    if (this.#open === undefined || this.#isClosed) return false;
    try {
      return this.#open.send(message);
    } catch (error) {
      this.#refuse(message, error);
      return true;
    }
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
    this.#close({ code: "closed", message: "the app closed the link" });
  }

  async #start(): Promise<void> {
    const { id, fingerprint } = this.#target;
    try {
      const tls = await this.#input.tls({ id, fingerprint: fingerprint as Sha256 });
      if (this.#waiting.length === 0) return this.#close(worstOf([]));
      this.#tryNext(tls);
    } catch (error) {
      this.#close({ code: "untrusted", message: `the app's certificate could not be made: ${messageOf(error)}` });
    }
  }

  #tryNext(tls: ConnectionOptions): void {
    const address = this.#waiting.shift();
    if (address === undefined || this.#isClosed || this.#open !== undefined) return;
    this.#cancelStagger();
    this.#cancelStagger = this.#input.clock.after(STAGGER_MS, () => this.#tryNext(tls));
    const connection = new IpcConnection(address, this.#target.linkPort, tls, {
      opened: () => this.#opened(connection, address),
      received: (data) => this.#received(connection, data),
      ended: (error) => this.#ended(connection, address, error, tls),
    });
    this.#tries.add(connection);
  }

  #opened(connection: IpcConnection, address: string): void {
    if (this.#isClosed || this.#open !== undefined) return connection.destroy();
    this.#open = connection;
    this.#tries.delete(connection);
    this.#dropTries();
    this.#listener.opened(address);
  }

  #ended(connection: IpcConnection, address: string, error: unknown, tls: ConnectionOptions): void {
    const wasTried = this.#tries.delete(connection);
    const failure = toLinkFailure(error ?? new Error("the connection was closed"), address);
    if (this.#open === connection) return this.#close(failure);
    if (!wasTried || this.#isClosed || this.#open !== undefined) return;
    const told = failure.code === "closed" ? toRefusal(failure) : failure;
    this.#failures.push(told);
    if (told.code === "refused" || told.code === "untrusted") this.#refusedAt ??= address;
    if (this.#waiting.length > 0) return this.#tryNext(tls);
    if (this.#tries.size === 0) void this.#giveUp();
  }

  async #giveUp(): Promise<void> {
    const failure = worstOf(this.#failures);
    const { doctor } = this.#input;
    this.#dropTries();
    if (doctor === undefined || this.#refusedAt === undefined) return this.#close(failure);
    // Meanwhile the owner may have closed it.
    this.#close(await doctor.examine(this.#target, this.#refusedAt, failure));
  }

  #received(connection: IpcConnection, data: unknown): void {
    if (this.#isClosed || this.#open !== connection) return;
    const parsed = parseMessage(agentMessageSchema, data);
    if (parsed.ok) return this.#listener.received(parsed.value);
    const message = `agent ${this.#target.id} sent a message that is not of the protocol: ${parsed.error}`;
    // First the reason: the connection's end is told as well.
    this.#close({ code: "protocol", message });
    connection.destroy();
  }

  /** Too large to travel. The answer is the one the agent would have given, so that it is not sent again for ever. */
  #refuse(message: AppMessage, error: unknown): void {
    const text = `the message could not be sent: ${messageOf(error)}`;
    this.#input.log.error(text, { agent: this.#target.id, kind: message.kind });
    const key = message.kind === "assign" ? message.spec.key : null;
    queueMicrotask(() => {
      if (this.#isClosed) return;
      this.#listener.received({ kind: "refused", of: message.kind, code: "too-large", message: text, key });
    });
  }

  #dropTries(): void {
    this.#cancelStagger();
    this.#cancelDeadline();
    this.#waiting = [];
    const tries = [...this.#tries];
    this.#tries.clear();
    for (const other of tries) other.destroy();
  }

  #close(failure: LinkFailure): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dropTries();
    const { log } = this.#input;
    log.debug("link closed", { agent: this.#target.id, code: failure.code, message: failure.message });
    // Never inside a call of the owner's.
    queueMicrotask(() => this.#listener.closed(failure));
  }
}

/** Whoever closes before the handshake is over does not want us. */
function toRefusal(failure: LinkFailure): LinkFailure {
  return { code: "refused", message: `${failure.message}; the agent may no longer be paired with this app` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
