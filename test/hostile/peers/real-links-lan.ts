import { clock, silentLog } from "#test/support/agent-process.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";
import type { Discovery, DiscoveryListener } from "#core/ports/discovery.ts";
import type { Log } from "#core/ports/log.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import type { SmallAgent } from "./small-agent.ts";
import type { SmallApp } from "./small-app.ts";

const POLL_MS = 5;
const WAIT_MS = 15_000;

/** A coordinator in memory whose links are real, over TLS on loopback. Its agents are paired by `app` and known from the start. */
export function startLan(
  app: SmallApp,
  agents: readonly { readonly agent: SmallAgent; readonly name: string }[],
  workflows: Readonly<Record<string, string>>,
  more: { readonly log?: Log; readonly discovery?: Discovery } = {},
): MemoryLan {
  const { log = silentLog, discovery = null } = more;
  const journal = new MemoryJournal();
  for (const [ordinal, { agent, name }] of agents.entries()) {
    const { id, fingerprint, addresses, port, linkPort } = agent.target;
    const how = { ordinal, pairedAt: 0, draining: false, isLocal: false, isKept: false };
    journal.setRecord("agent", id, { id, name, fingerprint, addresses: [...addresses], port, linkPort, ...how });
  }
  return new MemoryLan(0, workflows, journal, {
    clock,
    log,
    discovery,
    links: app.links,
    nextTurn: setImmediate,
    app: { id: app.authority.app, name: "test", machine: "test", version: "0" },
  });
}

/** What is seen on the LAN is what the test says. */
export class SaidDiscovery implements Discovery {
  #listener: DiscoveryListener = { seen: () => undefined, gone: () => undefined };

  browse(listener: DiscoveryListener): { dispose(): void } {
    this.#listener = listener;
    return { dispose: () => undefined };
  }

  /** An agent is seen at its address, and at others. */
  say(agent: SmallAgent, ...others: readonly string[]): void {
    const { id, fingerprint, addresses, port, linkPort } = agent.target;
    const claim = { id, name: "seen", protocol: 1, fingerprint, port, linkPort, instance: "lw" };
    this.#listener.seen({ ...claim, addresses: [...addresses, ...others] });
  }
}

/** Asks again and again until `look` finds what it looks for. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, waitMs = WAIT_MS): Promise<T> {
  const end = performance.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`no ${what} within ${String(waitMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Runs a workflow of the lan's to its end. */
export async function runThrough(lan: MemoryLan, name: string): Promise<string> {
  const { run } = await lan.ask("run.start", { source: { kind: "library", name }, inputs: {} });
  return eventually(`end of ${name}`, async () => {
    const { state } = await lan.ask("run.show", { run });
    return state === "running" ? undefined : state;
  });
}
