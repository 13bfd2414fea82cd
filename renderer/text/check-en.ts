import { one } from "./plural.ts";

export const check = {
  title: "Why can't I see my machine?",
  looking: "This app listens for agents on the network.",
  notLooking:
    "This app was started without looking on the network: start it without --no-discovery, or add machines by address.",
  networks: (names: string) => `Networks of this machine: ${names}`,
  noNetwork: "This machine is on no network: connect it, then look again.",
  seen: (count: number) => `${one(count, "agent is", "agents are")} heard on the network.`,
  noneSeen: "No agent is heard on the network.",
  tunnel: (names: string) =>
    `A VPN is up (${names}): many of them keep machines of the local network apart. Try without it.`,
  hints: "What it mostly is",
  started: "The agent does not run: on the other machine, start “lanweave agent” and leave it running.",
  firewall: "A firewall drops what is asked: allow UDP 5353 (mDNS) and the agent's port on both machines.",
  isolation: "The Wi-Fi keeps its guests apart (“client isolation”): use the main network, or a cable.",
  segment: "The machines are on different networks: mDNS ends at a router. Add the machine by its address.",
  address: "Look whether an address answers",
  again: "Look again",
  probe: {
    answers: "something answers there: add it by this address",
    refused: "the machine is there, but nothing listens on this port: is the agent running?",
    silent: "no answer: a firewall, or no machine with this address",
    unreachable: "there is no way to this address from here",
    "unknown-name": "nobody knows this name: try the IP address",
    failed: "the connection failed",
  },
};
