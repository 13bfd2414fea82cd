import type { App } from "./app.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";
import type { Fault } from "./scenario.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface Befallen {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly machines: readonly Machine[];
  readonly app: App;
}

/** Lets a fault happen now, and end when it is over. */
export function befall(fault: Fault, { time, network, machines, app }: Befallen): void {
  const later = (forMs: number, run: () => void): void => void time.after(forMs, run);
  const machine = "at" in fault ? machines[Math.floor(fault.at * machines.length)] : undefined;
  switch (fault.kind) {
    case "crash-app":
      app.crash();
      return later(fault.forMs, () => app.boot());
    case "kill-app":
      app.killAfterCalls(fault.calls);
      return later(fault.forMs, () => reboot(app));
    case "append":
      app.troubleNextAppend(fault.trouble);
      return later(fault.forMs, () => reboot(app));
    case "crash-machine":
      machine?.crash();
      return later(fault.forMs, () => machine?.boot());
    case "cut":
      return network.cut(machine ?? null, fault.isNoticed);
    case "stall":
      if (machine !== undefined) machine.stalledUntilMs = Math.max(machine.stalledUntilMs, time.nowMs + fault.forMs);
      return;
    case "step-clock":
      app.wall.offsetMs += fault.byMs;
      return;
    case "trouble":
      if (machine === undefined) return;
      machine.trouble = "its disk is full";
      return later(fault.forMs, () => (machine.trouble = null));
  }
}

/** What was to befall it has done so, or does not any more. */
function reboot(app: App): void {
  app.spare();
  app.boot();
}
