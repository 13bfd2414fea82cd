import type { NetworkInterfaceInfo } from "node:os";
import { BlockList } from "node:net";

/** One network interface in one address family: the unit multicast DNS is spoken on. */
export interface Link {
  /** `eth0/4` or `eth0/6`. */
  readonly key: string;
  readonly interfaceName: string;
  readonly family: 4 | 6;
  /** What `setMulticastInterface` and `addMembership` want. */
  readonly multicastInterface: string;
  /** The zone of link-local addresses heard here. */
  readonly zone: string;
  /** `address/prefix` of the interface in this family: whoever sends from elsewhere is not on this link. */
  readonly networks: readonly string[];
}

/** Interfaces beyond this number are not listened on. */
export const MAX_LINKS = 32;

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** The links to use. The loopback interface counts only where there is no other, so that a machine without a net has its own agents. */
export function toLinks(
  interfaces: Interfaces,
  mayUse: (interfaceName: string) => boolean,
  platform: NodeJS.Platform,
): readonly Link[] {
  const named = Object.entries(interfaces).filter(([name]) => mayUse(name));
  const outer = named.filter(([, infos]) => infos?.some(({ internal }) => !internal) === true);
  const chosen = outer.length > 0 ? outer : named;
  return chosen
    .flatMap(([name, infos = []]) => [...toLink4(name, infos), ...toLink6(name, infos, platform)])
    .slice(0, MAX_LINKS);
}

/** Tells whether a packet's sender is on the link it was heard on. A socket also gets what other interfaces received. */
export function onLinkCheck(link: Link): (source: string) => boolean {
  const type = link.family === 4 ? "ipv4" : "ipv6";
  const networks = new BlockList();
  for (const network of link.networks) {
    const [base = "", prefix = ""] = network.split("/");
    networks.addSubnet(base, Number(prefix), type);
  }
  return (source) => {
    const [address = "", zone] = source.split("%");
    return zone === undefined ? networks.check(address, type) : zone === link.zone || zone === link.interfaceName;
  };
}

function toLink4(name: string, infos: readonly NetworkInterfaceInfo[]): Link[] {
  const own = infos.filter(({ family, cidr }) => family === "IPv4" && cidr !== null);
  const [first] = own;
  if (first === undefined) return [];
  const networks = own.flatMap(({ cidr }) => cidr ?? []);
  return [
    { key: `${name}/4`, interfaceName: name, family: 4, multicastInterface: first.address, zone: name, networks },
  ];
}

function toLink6(name: string, infos: readonly NetworkInterfaceInfo[], platform: NodeJS.Platform): Link[] {
  const own = infos.filter(({ family, cidr }) => family === "IPv6" && cidr !== null);
  const local = own.find((info) => info.family === "IPv6" && info.scopeid !== 0);
  if (local?.family !== "IPv6") return [];
  // Windows names zones by number.
  const zone = platform === "win32" ? String(local.scopeid) : name;
  const networks = own.flatMap(({ cidr }) => cidr ?? []);
  return [{ key: `${name}/6`, interfaceName: name, family: 6, multicastInterface: `::%${zone}`, zone, networks }];
}
