import { type KnownAnswer, type MdnsQuestion, type MdnsRecord, normalName, type ReceivedRecord } from "./wire.ts";

/** A record that is believed until `expiresMs`. */
export interface CachedRecord {
  readonly record: MdnsRecord;
  /** The (interface, family) it was heard on, as `Link.key`. */
  readonly link: string;
  readonly source: string;
  readonly receivedMs: number;
  readonly ttlMs: number;
  readonly expiresMs: number;
  /** When to ask for it again, soonest first. */
  readonly refreshMs: readonly number[];
}

/** Where and when a packet was heard. `chance` in [0, 1) spreads the refreshes of many machines. */
export interface Hearing {
  readonly link: string;
  readonly source: string;
  readonly nowMs: number;
  readonly chance: number;
}

/** A question due on one link. */
export interface DueQuestion {
  readonly link: string;
  readonly question: MdnsQuestion;
}

/** Records kept of one link, and of one sender on it. An agent has about ten. */
export const MAX_RECORDS_PER_LINK = 4096;
export const MAX_RECORDS_PER_SOURCE = 512;
/** Records that give way at a time on a full link: looking for them costs a look at all. */
const ROOM_AT_ONCE = 64;
/** A goodbye, or a flush, leaves a record this long: the other half of an answer may still be under way. */
export const GOODBYE_MS = 1_000;
/** How long a record is believed on other links, unanswered, after its goodbye was heard on one. */
export const DOUBT_MS = 3_000;
/** Parts of its time to live after which a record is asked for again, and the random extra (RFC 6762, section 5.2). */
const REFRESH_AT = [0.8, 0.85, 0.9, 0.95];
const REFRESH_JITTER = 0.02;
/** Shorter-lived records are not worth asking for again: whoever sends them sends them often. */
const MIN_REFRESHED_TTL_MS = 5_000;

/**
 * What was heard on each link, by the rules of RFC 6762: expiry, refresh, goodbyes and cache flushes. Time is an argument
 * and may not go back. Keeps only what leads from the service type to an address; on a full link
 * whoever has the most there gives way.
 */
export class RecordCache {
  readonly #service: string;
  readonly #byKey = new Map<string, CachedRecord>();
  /** The keys of what is known by a link, type and name. */
  readonly #byName = new Map<string, Set<string>>();
  /** How many services of a link name a host. */
  readonly #hosts = new Map<string, number>();
  readonly #perLink = new Map<string, number>();
  readonly #perSource = new Map<string, number>();

  constructor(service: string) {
    this.#service = normalName(service);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Takes in one packet's records. True when anything that is known has changed. */
  accept(received: readonly ReceivedRecord[], hearing: Hearing): boolean {
    // Host addresses are kept for hosts that are named by a service, so those come first.
    const ordered = [...received].sort(
      (left, right) => Number(isAddress(left.record)) - Number(isAddress(right.record)),
    );
    let isChanged = false;
    for (const one of ordered) {
      if (one.isFlush && one.record.type !== "PTR") isChanged = this.#flush(one.record, hearing) || isChanged;
      // What is kept follows what is said of it, also when it would no longer be taken in.
      if (one.ttlMs === 0) isChanged = this.#goodbye(one.record, hearing) || isChanged;
      else if (this.#isWanted(one.record, hearing.link)) isChanged = this.#store(one, hearing) || isChanged;
    }
    return isChanged;
  }

  /** Forgets what has expired. True when there was any. */
  expire(nowMs: number): boolean {
    let isChanged = false;
    for (const [key, cached] of this.#byKey) {
      if (cached.expiresMs > nowMs) continue;
      this.#remove(key, cached);
      isChanged = true;
    }
    return isChanged;
  }

  /** The questions whose time has come; each is given once. */
  due(nowMs: number): readonly DueQuestion[] {
    const due: DueQuestion[] = [];
    for (const [key, cached] of this.#byKey) {
      if ((cached.refreshMs[0] ?? Infinity) > nowMs) continue;
      this.#byKey.set(key, { ...cached, refreshMs: cached.refreshMs.filter((at) => at > nowMs) });
      due.push({ link: cached.link, question: { type: cached.record.type, name: cached.record.name } });
    }
    return due;
  }

  /** When `expire` or `due` has something to do next; `Infinity` if never. */
  nextMs(): number {
    let next = Infinity;
    for (const { expiresMs, refreshMs } of this.#byKey.values())
      next = Math.min(next, expiresMs, refreshMs[0] ?? Infinity);
    return next;
  }

  /** Pointers of a link that are good for more than half their time, with what is left of it. */
  knownAnswers(link: string, nowMs: number): readonly KnownAnswer[] {
    return this.find("PTR", this.#service, link)
      .filter(({ expiresMs, ttlMs }) => expiresMs - nowMs > ttlMs / 2)
      .map(({ record, expiresMs }) => ({
        name: record.name,
        target: record.target,
        ttlSeconds: Math.floor((expiresMs - nowMs) / 1000),
      }));
  }

  /** What is known by that type and name on a link, newest first. */
  find<T extends MdnsRecord["type"]>(
    type: T,
    name: string,
    link: string,
  ): readonly (CachedRecord & { readonly record: Extract<MdnsRecord, { type: T }> })[] {
    const found: (CachedRecord & { readonly record: Extract<MdnsRecord, { type: T }> })[] = [];
    for (const key of this.#byName.get(nameKey(link, type, name)) ?? []) {
      const cached = this.#byKey.get(key);
      if (cached !== undefined && isOf(cached, type)) found.push(cached);
    }
    return found.sort((left, right) => right.receivedMs - left.receivedMs);
  }

  /** The links on which anything is known. */
  links(): readonly string[] {
    return [...this.#perLink.keys()];
  }

  /** Forgets a link that is gone. */
  dropLink(link: string): boolean {
    let isChanged = false;
    for (const [key, cached] of this.#byKey) {
      if (cached.link !== link) continue;
      this.#remove(key, cached);
      isChanged = true;
    }
    return isChanged;
  }

  #isWanted(record: MdnsRecord, link: string): boolean {
    if (this.#byKey.has(keyOf(record, link))) return true;
    if (record.type === "PTR")
      return record.name === this.#service && normalName(record.target).endsWith(`.${this.#service}`);
    if (!isAddress(record)) return record.name.endsWith(`.${this.#service}`);
    return this.#hosts.has(`${link} ${record.name}`);
  }

  #store({ record, ttlMs }: ReceivedRecord, { link, source, nowMs, chance }: Hearing): boolean {
    const key = keyOf(record, link);
    const known = this.#byKey.get(key);
    if (known === undefined && !this.#hasRoom(link, source)) return false;
    const refreshMs =
      ttlMs < MIN_REFRESHED_TTL_MS ? [] : REFRESH_AT.map((part) => nowMs + ttlMs * (part + chance * REFRESH_JITTER));
    if (known !== undefined) this.#remove(key, known);
    this.#insert(key, { record, link, source, receivedMs: nowMs, ttlMs, expiresMs: nowMs + ttlMs, refreshMs });
    return known === undefined;
  }

  #goodbye(record: MdnsRecord, { link, nowMs }: Hearing): boolean {
    const gone = this.#byKey.get(keyOf(record, link));
    if (gone !== undefined) this.#hasten(gone, nowMs + GOODBYE_MS, []);
    // On another link the goodbye may have been lost. Ask there, so that a machine with two cards is soon gone as a whole.
    for (const otherLink of this.#perLink.keys()) {
      const other = otherLink === link ? undefined : this.#byKey.get(keyOf(record, otherLink));
      if (other !== undefined) this.#hasten(other, nowMs + DOUBT_MS, [nowMs, nowMs + DOUBT_MS / 3]);
    }
    return gone !== undefined;
  }

  #flush(record: MdnsRecord, { link, nowMs }: Hearing): boolean {
    let isChanged = false;
    for (const old of this.find(record.type, record.name, link)) {
      // What came within the last second belongs to the same announcement (RFC 6762, section 10.2).
      if (nowMs - old.receivedMs <= GOODBYE_MS || keyOf(old.record, link) === keyOf(record, link)) continue;
      this.#hasten(old, nowMs + GOODBYE_MS, []);
      isChanged = true;
    }
    return isChanged;
  }

  #hasten(cached: CachedRecord, expiresMs: number, refreshMs: readonly number[]): void {
    if (cached.expiresMs <= expiresMs) return;
    this.#byKey.set(keyOf(cached.record, cached.link), { ...cached, expiresMs, refreshMs });
  }

  #hasRoom(link: string, source: string): boolean {
    if ((this.#perSource.get(sourceKey(link, source)) ?? 0) >= MAX_RECORDS_PER_SOURCE) return false;
    return (this.#perLink.get(link) ?? 0) < MAX_RECORDS_PER_LINK || this.#makeRoom(link, source);
  }

  /** Whoever has the most on a full link gives way, so that those who say much keep nobody from being heard. */
  #makeRoom(link: string, source: string): boolean {
    let [most, fullest] = [this.#perSource.get(sourceKey(link, source)) ?? 0, ""];
    for (const [key, records] of this.#perSource) {
      if (records <= most + 1 || !key.startsWith(`${link} `)) continue;
      most = records;
      fullest = key;
    }
    if (fullest === "") return false;
    let left = Math.min(ROOM_AT_ONCE, Math.ceil(most / 2));
    for (const [key, cached] of this.#byKey) {
      if (left === 0) break;
      if (sourceKey(cached.link, cached.source) !== fullest) continue;
      this.#remove(key, cached);
      left -= 1;
    }
    return true;
  }

  #insert(key: string, cached: CachedRecord): void {
    const { record, link, source } = cached;
    this.#byKey.set(key, cached);
    const named = nameKey(link, record.type, record.name);
    this.#byName.set(named, (this.#byName.get(named) ?? new Set()).add(key));
    count(this.#perLink, link, 1);
    count(this.#perSource, `${link} ${source}`, 1);
    if (record.type === "SRV") count(this.#hosts, `${link} ${record.target}`, 1);
  }

  #remove(key: string, { record, link, source }: CachedRecord): void {
    this.#byKey.delete(key);
    const named = nameKey(link, record.type, record.name);
    const keys = this.#byName.get(named);
    keys?.delete(key);
    if (keys?.size === 0) this.#byName.delete(named);
    count(this.#perLink, link, -1);
    count(this.#perSource, `${link} ${source}`, -1);
    if (record.type === "SRV") count(this.#hosts, `${link} ${record.target}`, -1);
  }
}

function isOf<T extends MdnsRecord["type"]>(
  cached: CachedRecord,
  type: T,
): cached is CachedRecord & { readonly record: Extract<MdnsRecord, { type: T }> } {
  return cached.record.type === type;
}

function nameKey(link: string, type: MdnsRecord["type"], name: string): string {
  return `${link} ${type} ${name}`;
}

function isAddress(record: MdnsRecord): boolean {
  return record.type === "A" || record.type === "AAAA";
}

function sourceKey(link: string, source: string): string {
  return `${link} ${source}`;
}

function keyOf(record: MdnsRecord, link: string): string {
  return JSON.stringify([link, record]);
}

function count(counts: Map<string, number>, key: string, change: number): void {
  const next = (counts.get(key) ?? 0) + change;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
