import { isIPv4, isIPv6 } from "node:net";
import packet, { type Answer, type Question } from "dns-packet";

/** The records a browser keeps, as far as it needs them. Names are lower-case and without the last dot. */
export type MdnsRecord =
  | { readonly type: "PTR"; readonly name: string; readonly target: string }
  | { readonly type: "SRV"; readonly name: string; readonly target: string; readonly port: number }
  | { readonly type: "TXT"; readonly name: string; readonly entries: readonly string[] }
  | { readonly type: "A"; readonly name: string; readonly address: string }
  | { readonly type: "AAAA"; readonly name: string; readonly address: string };

/** A record as it came in. `isFlush` says that it replaces what else was known by that name and type. */
export interface ReceivedRecord {
  readonly record: MdnsRecord;
  readonly ttlMs: number;
  readonly isFlush: boolean;
}

/** What to ask the LAN for. */
export interface MdnsQuestion {
  readonly type: "PTR" | "SRV" | "TXT" | "A" | "AAAA";
  readonly name: string;
}

/** A pointer we still know, told along with a question so that nobody repeats it. */
export interface KnownAnswer {
  readonly name: string;
  readonly target: string;
  readonly ttlSeconds: number;
}

/** Larger packets are not read; RFC 6762, section 17, allows no larger ones. */
export const MAX_PACKET_BYTES = 9000;
/** Records of one packet that are looked at. */
export const MAX_RECORDS_PER_PACKET = 512;
/** All text of one TXT record. */
export const MAX_TXT_BYTES = 1300;
/** Nothing is believed for longer (the longest usual time to live, RFC 6762, section 10). */
export const MAX_TTL_MS = 75 * 60_000;
const HEADER_BYTES = 12;
/** The smallest question there can be: a root name, a type, a class. */
const MIN_ENTRY_BYTES = 5;
const MAX_NAME_BYTES = 253;
const MAX_LABEL_BYTES = 63;
const decoder = new TextDecoder();

/** The useful records of a response; empty for anything else, however broken. Never throws. */
export function readResponse(bytes: Buffer): readonly ReceivedRecord[] {
  if (bytes.length > MAX_PACKET_BYTES || !isPlausible(bytes)) return [];
  try {
    const { type, answers = [], additionals = [] } = packet.decode(bytes);
    if (type !== "response") return [];
    return [...answers, ...additionals].slice(0, MAX_RECORDS_PER_PACKET).flatMap(readAnswer);
  } catch {
    // Anybody on the LAN can send anything. What the decoder cannot read is not for us.
    return [];
  }
}

/** A query packet. Names that cannot be written as DNS names are left out. */
export function writeQuery(questions: readonly MdnsQuestion[], known: readonly KnownAnswer[]): Buffer {
  const asked: Question[] = questions.filter(({ name }) => isWritable(name)).map(({ type, name }) => ({ type, name }));
  const answers: Answer[] = known
    .filter(({ target }) => isWritable(target))
    .map(({ name, target, ttlSeconds }) => ({ type: "PTR", name, ttl: ttlSeconds, data: target }));
  return packet.encode({ type: "query", questions: asked, answers });
}

/** Lower case, and without the dot at the end: DNS names are compared without regard to ASCII case. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** The decoder makes room for as many entries as the header claims before it reads the first, so the claim is checked. */
function isPlausible(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  let entries = 0;
  for (let offset = 4; offset < HEADER_BYTES; offset += 2) entries += bytes.readUInt16BE(offset);
  return entries * MIN_ENTRY_BYTES <= bytes.length - HEADER_BYTES;
}

function readAnswer(answer: Answer): ReceivedRecord[] {
  if (answer.type === "OPT" || answer.class !== "IN") return [];
  const record = toRecord(answer);
  if (record === undefined || !isWritable(record.name)) return [];
  const ttlMs = Math.min(MAX_TTL_MS, (answer.ttl ?? 0) * 1000);
  return [{ record, ttlMs, isFlush: answer.flush === true }];
}

function toRecord(answer: Answer): MdnsRecord | undefined {
  const name = normalName(answer.name);
  switch (answer.type) {
    case "PTR":
      return isWritable(answer.data) ? { type: "PTR", name, target: answer.data } : undefined;
    case "SRV": {
      const { target, port } = answer.data;
      return isWritable(target) && port > 0 ? { type: "SRV", name, target: normalName(target), port } : undefined;
    }
    case "TXT":
      return toTxt(name, [answer.data].flat());
    case "A":
      return isIPv4(answer.data) ? { type: "A", name, address: answer.data } : undefined;
    case "AAAA":
      return isIPv6(answer.data) ? { type: "AAAA", name, address: answer.data.toLowerCase() } : undefined;
    default:
      return undefined;
  }
}

function toTxt(name: string, data: readonly (string | Buffer)[]): MdnsRecord | undefined {
  const sizeBytes = data.reduce((sum, entry) => sum + entry.length + 1, 0);
  if (sizeBytes > MAX_TXT_BYTES) return undefined;
  return {
    type: "TXT",
    name,
    entries: data.map((entry) => (typeof entry === "string" ? entry : decoder.decode(entry))),
  };
}

/** Whether the name can be sent again as it is: a replaced byte may have made a label too long. */
function isWritable(name: string): boolean {
  // The encoder drops a dot beside a line break, so such a name would come out as another one.
  if (name === "" || /[\p{Cc}\u2028\u2029]/u.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) return false;
  return name
    .replace(/\.$/, "")
    .split(".")
    .every((label) => label !== "" && Buffer.byteLength(label) <= MAX_LABEL_BYTES);
}
