import type { FleetResults } from "#core/ipc/fleet-methods.ts";
import type { MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { Books } from "./books.ts";
import type { Happening, Reply } from "./happening.ts";
import type { Machines } from "./machines.ts";

type FleetHandlers = {
  readonly [M in keyof FleetResults]: (params: MethodParams<M>) => Promise<MethodResults[M]> | MethodResults[M];
};
type Through = (make: (reply: Reply) => Happening) => Promise<unknown>;

/** What clients ask of machines. */
export function fleetHandlers(
  { fleet, machines, samples }: Books & { readonly machines: Machines },
  through: Through,
): FleetHandlers {
  return {
    "fleet.list": () => fleet.ids().flatMap((id) => fleet.info(id) ?? []),
    "fleet.pair": async ({ target, code }) => {
      const { id, name, fingerprint } = await machines.pair(target, code);
      return { agent: id, name, fingerprint };
    },
    "fleet.unpair": async ({ target }) => {
      const agent = machines.resolve(target);
      await through((reply) => ({ kind: "unpair", agent, reply }));
      return { agent };
    },
    "fleet.drain": ({ target, draining }) => ({ agent: machines.drain(target, draining) }),
    "fleet.rename": ({ target, name }) => ({ agent: machines.rename(target, name) }),
    "fleet.label": ({ target, labels }) => ({ agent: machines.label(target, labels) }),
    "fleet.samples": () => samples.all(),
    "fleet.check": ({ address }) => machines.check(address),
    "fleet.start-local": async ({ count, keep }) => ({ agents: await machines.startLocal(count, keep ?? true) }),
    "fleet.stop-local": async ({ agents }) => ({ stopped: await machines.stopLocal(agents ?? null) }),
  };
}
