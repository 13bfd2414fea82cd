import type { AgentMessage } from "#core/protocol/messages.ts";
import { MAX_OUTPUT_CHUNK_BYTES } from "#core/protocol/limits.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { LinkPeer } from "./ports.ts";

/** Output goes out only while less than this is unsent, so that a heartbeat never waits behind a flood. */
const OUTPUT_UNSENT_BYTES = 256 * 1024;

interface PumpInput {
  readonly peer: LinkPeer;
  readonly attempts: () => Iterable<HeldAttempt>;
  readonly encode: (bytes: Uint8Array) => string;
  readonly failed: (held: HeldAttempt, error: unknown) => void;
  readonly delivered: (held: HeldAttempt) => void;
}

/** Sends the output of all attempts of one link, in turn, at the pace at which the app takes it. */
export class OutputPump {
  readonly #input: PumpInput;
  #isRunning = false;
  #isAskedAgain = false;
  #isClosed = false;

  constructor(input: PumpInput) {
    this.#input = input;
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#isRunning) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isRunning = true;
    // Not at once: of all that comes in one piece of the stream one look is enough.
    void Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#isRunning = false;
      });
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      let sent = true;
      while (sent && !this.#isClosed) {
        sent = false;
        for (const held of [...this.#input.attempts()]) {
          if (this.#isClosed) return;
          if (held.mayHaveOutput && held.outputRoom > 0) sent = (await this.#sendSome(held)) || sent;
        }
      }
    } while (this.#isAskedAgain && !this.#isClosed);
  }

  /** True when there may be more to send at once. */
  async #sendSome(held: HeldAttempt): Promise<boolean> {
    const { peer, encode } = this.#input;
    if (held.attempt === undefined || peer.unsentBytes() > OUTPUT_UNSENT_BYTES) return false;
    const from = held.sentOffset;
    const { growth } = held;
    try {
      const pieces = await held.attempt.readOutput(from, Math.min(held.outputRoom, MAX_OUTPUT_CHUNK_BYTES));
      // The app may have asked for another place, or the link may be gone.
      if (this.#isClosed || held.sentOffset !== from) {
        return !this.#isClosed;
      }
      for (const piece of pieces) {
        const { offset, stream, bytes } = piece;
        const message: AgentMessage = {
          kind: "output",
          key: fromAttemptKey(held.key),
          offset,
          stream,
          base64: encode(bytes),
        };
        if (!peer.send(message)) return false;
        held.sentOffset = offset + bytes.length;
      }
      if (pieces.length > 0) return true;
      held.mayHaveOutput = held.growth !== growth;
      if (held.isOutputDelivered) this.#input.delivered(held);
      return held.mayHaveOutput;
    } catch (error) {
      held.mayHaveOutput = false;
      this.#input.failed(held, error);
      return false;
    }
  }
}
