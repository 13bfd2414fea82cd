import type { Card, Machine } from "./machine.ts";
import type { Trouble } from "./plan.ts";
import type { Mend } from "./round-world.ts";

const FLAP_MS = 120;
const NARROW = ["rate", "96kbit", "burst", "4kb", "limit", "16kb"];

/** Troubles with a machine's links. Which of its cards has them is a matter of luck. */
export async function troubleLink(machine: Machine, { kind, luck }: Trouble): Promise<Mend> {
  const card = machine.cards[Math.floor(luck * machine.cards.length)];
  if (card === undefined) return null;
  switch (kind) {
    case "card-down":
      await ip(machine, "link", "set", card.name, "down");
      return () => ip(machine, "link", "set", card.name, "up");
    case "unplugged":
      await card.lan.setPort(machine.host, card.name, "unplugged");
      return () => card.lan.setPort(machine.host, card.name, "open");
    case "one-way":
      await card.lan.setPort(machine.host, card.name, "deaf");
      return () => card.lan.setPort(machine.host, card.name, "open");
    case "split":
      await card.lan.setSwitch(false);
      return () => card.lan.setSwitch(true);
    case "flaky":
      return flap(machine, card);
    case "narrow":
      await machine.host.exec("tc", "qdisc", "add", "dev", card.name, "root", "tbf", ...NARROW);
      return async () => void (await machine.host.exec("tc", "qdisc", "del", "dev", card.name, "root"));
    case "address":
      return readdress(machine, card, luck);
    default:
      return null;
  }
}

async function ip(machine: Machine, ...words: readonly string[]): Promise<void> {
  await machine.host.exec("ip", ...words);
}

/** Bursts of loss: the cable is in for a moment, and out for a moment. */
function flap(machine: Machine, card: Card): Mend {
  let isOver = false;
  const work = (async (): Promise<void> => {
    for (let isOut = true; !isOver; isOut = !isOut) {
      await card.lan.setPort(machine.host, card.name, isOut ? "unplugged" : "open");
      await new Promise((resolve) => setTimeout(resolve, FLAP_MS));
    }
  })();
  return async () => {
    isOver = true;
    await work;
    await card.lan.setPort(machine.host, card.name, "open");
  };
}

/** Another address for good: what is mended is nothing, for it stays so. */
async function readdress(machine: Machine, card: Card, luck: number): Promise<Mend> {
  const { stdout } = await machine.host.exec("ip", "-4", "-o", "address", "show", "dev", card.name);
  const old = /inet (\S+)\//.exec(stdout)?.[1];
  if (old === undefined) return null;
  const fresh = old.replace(/\d+$/, String(100 + Math.floor(luck * 100)));
  await ip(machine, "address", "del", `${old}/24`, "dev", card.name);
  await ip(machine, "address", "add", `${fresh}/24`, "broadcast", "+", "dev", card.name);
  return null;
}
