import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { onLinkCheck, toLinks } from "#main/discovery/links.ts";

const LO4: NetworkInterfaceInfo = {
  family: "IPv4",
  address: "127.0.0.1",
  netmask: "255.0.0.0",
  mac: "",
  internal: true,
  cidr: "127.0.0.1/8",
};
const ETH4: NetworkInterfaceInfo = {
  ...LO4,
  address: "10.0.0.5",
  netmask: "255.255.255.0",
  internal: false,
  cidr: "10.0.0.5/24",
};
const ETH6: NetworkInterfaceInfo = {
  family: "IPv6",
  address: "fe80::5",
  netmask: "",
  mac: "",
  internal: false,
  cidr: "fe80::5/64",
  scopeid: 4,
};
const GLOBAL6: NetworkInterfaceInfo = { ...ETH6, address: "fd00::5", cidr: "fd00::5/64", scopeid: 0 };

const all = (): boolean => true;

test("[FLEET-1] every interface is a link per address family, loopback only where there is nothing else", () => {
  const keys = (interfaces: Parameters<typeof toLinks>[0], mayUse: (name: string) => boolean = all): string[] =>
    toLinks(interfaces, mayUse, "linux").map(({ key }) => key);
  assert.deepEqual(keys({ lo: [LO4], eth0: [ETH4, GLOBAL6, ETH6], wlan0: [ETH6] }), ["eth0/4", "eth0/6", "wlan0/6"]);
  assert.deepEqual(keys({ lo: [LO4] }), ["lo/4"]);
  assert.deepEqual(keys({ eth0: [GLOBAL6], empty: undefined }), []);
  assert.deepEqual(
    keys({ eth0: [ETH4], docker0: [ETH4] }, (name) => name !== "docker0"),
    ["eth0/4"],
  );
});

test("[FLEET-1] zones are names, and numbers on Windows", () => {
  const zone = (platform: NodeJS.Platform): string | undefined =>
    toLinks({ eth0: [ETH6] }, all, platform)[0]?.multicastInterface;
  assert.deepEqual([zone("linux"), zone("darwin"), zone("win32")], ["::%eth0", "::%eth0", "::%4"]);
});

test("[FLEET-1] only senders on the link are heard", () => {
  const [link4, link6] = toLinks({ eth0: [ETH4, ETH6, GLOBAL6] }, all, "linux");
  assert.ok(link4 && link6);
  const [on4, on6] = [onLinkCheck(link4), onLinkCheck(link6)];
  assert.deepEqual(["10.0.0.9", "10.0.1.9", "192.168.0.1"].map(on4), [true, false, false]);
  assert.deepEqual(["fe80::9%eth0", "fe80::9%wlan0", "fd00::9", "2001:db8::1"].map(on6), [true, false, true, false]);
});
