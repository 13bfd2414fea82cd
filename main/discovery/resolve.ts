import type { AgentId } from "#core/model/id.ts";
import { cleanName } from "#core/pairing/messages.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { CachedRecord, DueQuestion, RecordCache } from "./record-cache.ts";
import { type MdnsRecord, normalName } from "./wire.ts";

/** Who can be made out from the records, and what to ask to make out the rest. */
export interface Resolution {
  readonly sightings: ReadonlyMap<AgentId, Sighting>;
  readonly missing: readonly DueQuestion[];
}

/** Agents shown at most, of all links together. */
export const MAX_SIGHTINGS = 1024;
/** Addresses kept of one agent. */
export const MAX_ADDRESSES = 32;

interface Candidate {
  readonly sighting: Sighting;
  readonly receivedMs: number;
}

/** Follows every pointer of the service to its addresses. `zoneOf` gives a link's zone for link-local IPv6 addresses. */
export function resolveSightings(
  cache: RecordCache,
  service: string,
  zoneOf: (link: string) => string | undefined,
  fingerprintOf: (id: AgentId) => string | undefined = () => undefined,
): Resolution {
  const byId = new Map<AgentId, Candidate>();
  const missing: DueQuestion[] = [];
  for (const link of cache.links()) {
    for (const pointer of cache.find("PTR", service, link)) {
      const candidate = follow(cache, link, pointer.record.target, zoneOf(link), missing);
      if (candidate === undefined) continue;
      const { id, fingerprint } = candidate.sighting;
      if ((fingerprintOf(id) ?? fingerprint) !== fingerprint) continue;
      const known = byId.get(candidate.sighting.id);
      if (known === undefined && byId.size >= MAX_SIGHTINGS) continue;
      byId.set(candidate.sighting.id, known === undefined ? candidate : merge(known, candidate));
    }
  }
  return { sightings: new Map([...byId].map(([id, { sighting }]) => [id, sighting])), missing };
}

function follow(
  cache: RecordCache,
  link: string,
  target: string,
  zone: string | undefined,
  missing: DueQuestion[],
): Candidate | undefined {
  const name = normalName(target);
  const [service] = cache.find("SRV", name, link);
  const [text] = cache.find("TXT", name, link);
  if (service === undefined) missing.push({ link, question: { type: "SRV", name } });
  if (text === undefined) missing.push({ link, question: { type: "TXT", name } });
  if (service === undefined || text === undefined) return undefined;
  const host = service.record.target;
  const addresses = [...cache.find("A", host, link), ...cache.find("AAAA", host, link)].flatMap((record) =>
    toAddress(record, zone),
  );
  if (addresses.length === 0) {
    missing.push({ link, question: { type: "A", name: host } }, { link, question: { type: "AAAA", name: host } });
    return undefined;
  }
  const about = readText(text.record.entries);
  if (about === undefined) return undefined;
  const instance = cleanName(target.slice(0, Math.max(0, target.indexOf("."))));
  const sighting = { ...about, addresses: sortAddresses(addresses), port: service.record.port, instance };
  return { sighting, receivedMs: Math.max(service.receivedMs, text.receivedMs) };
}

/** The TXT record's keys; `undefined` unless all are there and fit. The id is the fingerprint's beginning by definition. */
function readText(
  entries: readonly string[],
): Pick<Sighting, "id" | "name" | "protocol" | "fingerprint" | "linkPort"> | undefined {
  const values = new Map<string, string>();
  for (const entry of entries) {
    const split = entry.indexOf("=");
    const key = entry.slice(0, split).toLowerCase();
    // Of a key given twice the first counts (RFC 6763, section 6.4).
    if (split > 0 && !values.has(key)) values.set(key, entry.slice(split + 1));
  }
  const [id = "", fingerprint = ""] = [values.get("id"), values.get("fp")];
  const [protocol, linkPort] = [readNumber(values.get("v")), readNumber(values.get("lp"))];
  if (!/^[0-9a-f]{64}$/.test(fingerprint) || id !== fingerprint.slice(0, 16)) return undefined;
  if (protocol === undefined || linkPort === undefined || linkPort < 1 || linkPort > 65535) return undefined;
  return { id: id as AgentId, name: cleanName(values.get("name") ?? "") || id, protocol, fingerprint, linkPort };
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,6}$/.test(text) ? Number(text) : undefined;
}

/** Addresses that lead nowhere but to ourselves or to many at once are not taken from the LAN. */
function toAddress(
  { record, source }: CachedRecord & { readonly record: MdnsRecord },
  zone: string | undefined,
): string[] {
  if (record.type !== "A" && record.type !== "AAAA") return [];
  const { address } = record;
  if (isLoopback(address)) return isLoopback(source) ? [address] : [];
  return record.type === "A" ? toAddress4(address) : toAddress6(address, zone);
}

/** Of this machine: believed only of what this machine itself says. */
function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function toAddress4(address: string): string[] {
  const first = Number(address.split(".")[0]);
  return first === 0 || first >= 224 ? [] : [address];
}

function toAddress6(address: string, zone: string | undefined): string[] {
  // Those that begin with zeros are none of a machine's own: unspecified, and other ways to write IPv4.
  if (address.startsWith("ff") || address.startsWith("::") || address.startsWith("0:")) return [];
  if (!/^fe[89ab]/.test(address)) return [address];
  return zone === undefined ? [] : [`${address}%${zone}`];
}

/**
 * One agent heard several times: what was heard last counts, the addresses of all. A machine with two cards on one LAN
 * appears under two instance names there, because its responders take each other for strangers; the first one stays.
 */
function merge(left: Candidate, right: Candidate): Candidate {
  const [newer, older] = left.receivedMs >= right.receivedMs ? [left, right] : [right, left];
  const addresses = sortAddresses([...newer.sighting.addresses, ...older.sighting.addresses]);
  const [instance = newer.sighting.instance] = [newer.sighting.instance, older.sighting.instance].sort();
  return { sighting: { ...newer.sighting, addresses, instance }, receivedMs: newer.receivedMs };
}

/** In a fixed order, so that the same set is not taken for a change. */
function sortAddresses(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses)].sort().slice(0, MAX_ADDRESSES);
}
