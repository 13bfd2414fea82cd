import type { TLSSocket } from "node:tls";
import { assertNever } from "#core/base/assert.ts";
import type { CancelSignal } from "#core/base/cancel.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import type { AgentId, Sha256 } from "#core/model/id.ts";
import { type AppExchange, type AppStep, beginAsApp, grantAsApp, stepAsApp } from "#core/pairing/app-exchange.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import { LineBuffer } from "#core/pairing/lines.ts";
import { encodePairingMessage, parsePairingMessage } from "#core/pairing/messages.ts";
import { refusal } from "#core/pairing/refusal.ts";
import { SCALAR_BYTES } from "#core/pairing/spake2.ts";
import { cancelled } from "./door.ts";
import type { PairFailure } from "./pair-failure.ts";
import type { PairerPorts } from "./pairer-ports.ts";

/** What the exchange needs beside the pairer's ports. */
export interface ExchangeInput {
  readonly socket: TLSSocket;
  readonly publicKeySpki: Uint8Array;
  readonly fingerprint: Sha256;
  readonly appName: string;
  readonly code: PairingCode;
}

/** What the agent said about itself at the end. */
export interface AgentInfo {
  readonly id: AgentId;
  readonly name: string;
  readonly linkPort: number;
}

const EXCHANGE_DEADLINE_MS = 20_000;

/** Runs the app's side of the pairing to its end over an open connection. Leaves the socket to its owner. */
export async function runExchange(
  ports: PairerPorts,
  input: ExchangeInput,
  signal: CancelSignal | null,
): Promise<Result<AgentInfo, PairFailure>> {
  const exchange = new AppSession(ports, input);
  const abort = (): void => exchange.fail(cancelled());
  const stop = ports.clock.after(EXCHANGE_DEADLINE_MS, () => {
    exchange.fail({ code: "timeout", message: "The agent did not answer within 20 seconds. Try again." });
  });
  signal?.addEventListener("abort", abort);
  if (signal?.aborted === true) abort();
  const result = await exchange.run();
  signal?.removeEventListener("abort", abort);
  stop();
  return result;
}

class AppSession {
  readonly #ports: PairerPorts;
  readonly #input: ExchangeInput;
  readonly #lines = new LineBuffer();
  readonly #result = Promise.withResolvers<Result<AgentInfo, PairFailure>>();
  #exchange: AppExchange;

  constructor(ports: PairerPorts, input: ExchangeInput) {
    this.#ports = ports;
    this.#input = input;
    this.#exchange = { kind: "ended" };
  }

  run(): Promise<Result<AgentInfo, PairFailure>> {
    const { socket, appName, code, fingerprint } = this.#input;
    const { app, digest: authority } = this.#ports.authority;
    const lost = {
      code: "unreachable",
      message: "The agent closed the connection in the middle of the pairing. Try again.",
    } as const;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("error", () => this.fail(lost));
    socket.on("close", () => this.fail(lost));
    const chance = this.#ports.random.bytes(SCALAR_BYTES);
    this.#apply(beginAsApp({ app, appName, authority, code, fingerprint, chance }));
    return this.#result.promise;
  }

  fail(failure: PairFailure): void {
    this.#exchange = { kind: "ended" };
    this.#result.resolve(err(failure));
  }

  #read(chunk: string): void {
    const lines = this.#lines.push(chunk);
    if (lines === undefined) return this.fail(refusal("malformed"));
    for (const line of lines) {
      // What comes after the end, or after a failure, is not ours any more.
      if (this.#exchange.kind === "ended") return;
      const message = parsePairingMessage(line);
      if (!message.ok) return this.fail(refusal("malformed", `The agent sent something unknown: ${message.error}.`));
      this.#apply(stepAsApp(this.#exchange, message.value));
    }
  }

  #apply(step: AppStep): void {
    this.#exchange = step.next;
    if (step.send !== undefined) this.#input.socket.write(encodePairingMessage(step.send));
    const { outcome } = step;
    switch (outcome.kind) {
      case "going-on":
        return;
      case "confirmed":
        // `#grant` turns every failure into a result.
        return void this.#grant(outcome.agent);
      case "paired":
        return this.#result.resolve(ok({ id: outcome.agent, name: outcome.name, linkPort: outcome.linkPort }));
      case "refused":
        return this.fail(outcome.refusal);
      default:
        return assertNever(outcome);
    }
  }

  async #grant(agent: AgentId): Promise<void> {
    const { authority, log } = this.#ports;
    try {
      const { publicKeySpki } = this.#input;
      const certificatePem = await authority.issueAgentCertificate({ publicKeySpki, agentId: agent });
      if (this.#exchange.kind === "may-grant") {
        this.#apply(grantAsApp(this.#exchange, authority.certificatePem, certificatePem));
      }
    } catch (error) {
      log.error("the agent's certificate could not be issued", { agent, error: String(error) });
      this.fail({ code: "failed", message: "The app could not issue the agent's certificate. Its log says why." });
    }
  }
}
