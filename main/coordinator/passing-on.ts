import type { CancelSignal } from "#core/base/cancel.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { RunId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { LOSS_GRACE_MS, OFFLINE_AFTER_MS } from "#core/protocol/limits.ts";
import type { DeliveryPorts } from "./delivery.ts";

/** As long as an agent may be silent before it counts as lost: whoever has the file may only just be starting again. */
const TRY_FOR_MS = OFFLINE_AFTER_MS + LOSS_GRACE_MS;
const TRY_AGAIN_MS = 1_000;

/**
 * Passes a file on that `target` could not get from any of those that have it; nothing is done about other files. Tries for a while
 * before it rejects: each rejection takes one of the attempt's few losses. Rule FLEET-9.
 */
export async function passOn(
  file: InputFile,
  run: RunId,
  target: LinkTarget,
  ports: DeliveryPorts,
  signal: CancelSignal,
): Promise<void> {
  const { holders, files, clock } = ports;
  const having = holders.of(file.sha256);
  const nowMs = clock.monotonicMs();
  const isCutOff = having.every((holder) => holder !== target.id && holders.unreached.has(target.id, holder, nowMs));
  if (!isCutOff || files.relay === undefined) return;
  for (;;) {
    try {
      const from = holders.of(file.sha256).flatMap((agent) => ports.target(agent) ?? []);
      await files.relay(from, ports.target(target.id) ?? target, file, signal);
      return holders.addCopies(run, target.id, [file]);
    } catch (error) {
      const isOver = signal.aborted || clock.monotonicMs() - nowMs > TRY_FOR_MS;
      if (isOver || isGone(error)) throw error;
    }
    await pass(clock, TRY_AGAIN_MS);
  }
}

/** Those that are believed to have it were asked, and have not. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "missing";
}

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
