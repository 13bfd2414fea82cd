import type { RunEvent } from "#core/model/event.ts";
import type { AppMessage } from "#core/protocol/messages.ts";

/** An event on one line, for people. */
export function describeEvent({ run, seq, path, from, to, message }: RunEvent): string {
  const change = to === null ? "" : ` ${String(from)} → ${to}`;
  return `${run} #${String(seq)} ${path}${change}: ${message}`;
}

/** What the app says to an agent, for people. */
export function describeMessage(message: AppMessage): string {
  switch (message.kind) {
    case "assign":
      return `assign ${message.spec.key.path}#${String(message.spec.key.fence)}`;
    case "stop":
    case "freeze":
    case "thaw":
    case "settled":
      return `${message.kind} ${message.keys.map(({ path, fence }) => `${path}#${String(fence)}`).join(" ")}`;
    default:
      return message.kind;
  }
}
