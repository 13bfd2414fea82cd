/** A network card of a machine. `virtual`: of containers and virtual machines; `tunnel`: of a VPN. */
export interface NetworkInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kind: "network" | "virtual" | "tunnel" | "loopback";
}

/**
 * What came of a connection to an address. `silent`: nothing came back, as behind a firewall; `refused`: the machine is there, and no
 * program listens on the port.
 */
export interface AddressProbe {
  readonly address: string;
  readonly outcome: "answers" | "refused" | "silent" | "unreachable" | "unknown-name" | "failed";
  readonly message: string;
}
