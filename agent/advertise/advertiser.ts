import { advertise } from "dnssd-advertise";
import { cleanName } from "#core/pairing/messages.ts";
import type { Advertiser } from "#core/ports/discovery.ts";
import type { Log } from "#core/ports/log.ts";

/** How long a goodbye may take before the agent goes without having said it. */
const GOODBYE_DEADLINE_MS = 2_000;
/** A TXT entry holds 255 bytes with its key; names in Chinese take three a sign. */
const MAX_NAME_BYTES = 200;

/**
 * Makes the agent known by DNS-SD on every interface, in both address families. Instance and host are called `lw-<id>`,
 * in ASCII, because some resolvers break on anything else; the display name travels in TXT. Rule FLEET-1.
 */
export function createAdvertiser(log: Log): Advertiser {
  return {
    advertise(what) {
      const label = `lw-${what.id}`;
      const stop = advertise({
        name: label,
        hostname: label,
        type: "lanweave",
        protocol: "tcp",
        port: what.port,
        txt: {
          id: what.id,
          name: shorten(cleanName(what.name)),
          v: what.protocol,
          fp: what.fingerprint,
          lp: what.linkPort,
        },
        onError: (error) => log.warn("cannot make the agent known here", { error: String(error) }),
      });
      let stopped: Promise<void> | undefined;
      return { dispose: () => (stopped ??= sayGoodbye(stop, log)) };
    },
  };
}

async function sayGoodbye(stop: () => Promise<void>, log: Log): Promise<void> {
  // The advertiser's own sockets and timers do not keep the process alive; this one does until the goodbye is out.
  const deadline = Promise.withResolvers<"late">();
  const timer = setTimeout(() => deadline.resolve("late"), GOODBYE_DEADLINE_MS);
  const outcome = await Promise.race([stop(), deadline.promise]);
  clearTimeout(timer);
  if (outcome === "late") log.warn("the goodbye could not be sent in time", { deadlineMs: GOODBYE_DEADLINE_MS });
}

function shorten(name: string): string {
  let short = name;
  while (Buffer.byteLength(short) > MAX_NAME_BYTES) short = [...short].slice(0, -1).join("");
  return short;
}
