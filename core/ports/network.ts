import type { AddressProbe, NetworkInterface } from "../model/network.ts";

/** What this machine sees of its networks, for people who look for another machine. */
export interface NetworkLook {
  interfaces(): readonly NetworkInterface[];
  /** Opens a connection and closes it again. */
  probe(host: string, port: number): Promise<AddressProbe>;
}
