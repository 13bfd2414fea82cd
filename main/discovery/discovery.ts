import { networkInterfaces } from "node:os";
import type { Clock } from "#core/ports/clock.ts";
import type { Discovery } from "#core/ports/discovery.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import { Browser } from "./browser.ts";
import { toLinks } from "./links.ts";

/** What discovery is made of. `mayUse` can leave out network interfaces by name. */
export interface DiscoveryInput {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly mayUse?: (interfaceName: string) => boolean;
}

/** Finds agents by multicast DNS on every interface, in both address families. Rule FLEET-1. */
export function createDiscovery(input: DiscoveryInput): Discovery {
  const { mayUse = () => true } = input;
  return {
    browse(listener) {
      const browser = new Browser({
        ...input,
        listener,
        readLinks: () => toLinks(networkInterfaces(), mayUse, process.platform),
      });
      browser.start();
      return browser;
    },
  };
}
