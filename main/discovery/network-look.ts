import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type { AddressProbe, NetworkInterface } from "#core/model/network.ts";
import type { NetworkLook } from "#core/ports/network.ts";

const PROBE_MS = 3_000;
/** How the usual programs call their cards. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vethernet|lxc|cni|podman|bridge)/i;
const TUNNEL = /^(tun|tap|wg|utun|ppp|ipsec|tailscale|zt|nordlynx|proton)/i;

const OUTCOMES: Readonly<Record<string, AddressProbe["outcome"]>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "silent",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EINVAL: "unreachable",
  ENOTFOUND: "unknown-name",
  EAI_AGAIN: "unknown-name",
};

/** Networks as Node tells of them. */
export const networkLook: NetworkLook = {
  interfaces() {
    return Object.entries(networkInterfaces()).map(([name, places = []]): NetworkInterface => {
      const isLoopback = places.every(({ internal }) => internal);
      const kind = isLoopback ? "loopback" : TUNNEL.test(name) ? "tunnel" : VIRTUAL.test(name) ? "virtual" : "network";
      return { name, kind, addresses: places.map(({ address }) => address) };
    });
  },
  probe(host, port) {
    const { promise, resolve } = Promise.withResolvers<AddressProbe>();
    const address = host.includes(":") ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
    const socket = connect({ host, port });
    const end = (outcome: AddressProbe["outcome"], message: string): void => {
      socket.destroy();
      resolve({ address, outcome, message });
    };
    socket.setTimeout(PROBE_MS, () => end("silent", `nothing came back within ${String(PROBE_MS / 1_000)} s`));
    socket.once("connect", () => end("answers", "a program listens there"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(OUTCOMES[error.code ?? ""] ?? "failed", error.message));
    return promise;
  },
};
