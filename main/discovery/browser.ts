import type { Disposable } from "#core/base/dispose.ts";
import type { AgentId } from "#core/model/id.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { DiscoveryListener, Sighting } from "#core/ports/discovery.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import { ElapsedTime } from "./elapsed-time.ts";
import { LinkSocket } from "./link-socket.ts";
import type { Link } from "./links.ts";
import { type DueQuestion, RecordCache } from "./record-cache.ts";
import { resolveSightings } from "./resolve.ts";
import { type MdnsQuestion, readResponse, writeQuery } from "./wire.ts";

/** What a browser is made of. */
export interface BrowserInput {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly listener: DiscoveryListener;
  readonly readLinks: () => readonly Link[];
}

export const SERVICE = "_lanweave._tcp.local";
/** How often the machine's interfaces are looked at; the system does not tell when they change. */
export const SCAN_MS = 3_000;
/** Wait before the first question, and random extra, so that machines that start together do not ask together. */
const FIRST_QUERY_MS = 20;
const QUERY_JITTER_MS = 100;
/** Then after 1 s, 3 s, 9 s … and every minute, for as long as somebody looks. */
const QUERY_FIRST_GAP_MS = 1_000;
const QUERY_FACTOR = 3;
const QUERY_LONGEST_GAP_MS = 60_000;
/** The same question is not asked twice on a link within this time (RFC 6762, section 5.2). */
const SAME_QUESTION_MS = 1_000;
/** What comes in within this time is shown as one change; it also bounds the work a flood of packets causes. */
const SHOW_DELAY_MS = 20;
/** Whoever invents agents that say nothing more of themselves must not make us flood the LAN. */
const MAX_QUESTIONS_PER_SECOND = 300;
const MAX_QUESTIONS_PER_PACKET = 20;
const MAX_KNOWN_ANSWERS = 100;

/** Asks, listens, remembers, and tells what it makes of it. One per `browse`. */
export class Browser implements Disposable {
  readonly #input: BrowserInput;
  readonly #time: ElapsedTime;
  readonly #cache = new RecordCache(SERVICE);
  readonly #sockets = new Map<string, LinkSocket>();
  readonly #failing = new Set<string>();
  readonly #askedMs = new Map<string, number>();
  #shown = new Map<AgentId, Sighting>();
  #queryMs = Infinity;
  #queryGapMs = QUERY_FIRST_GAP_MS;
  #scanMs = 0;
  #showMs = Infinity;
  #stopTimer = (): void => {};
  #isDisposed = false;

  constructor(input: BrowserInput) {
    this.#input = input;
    this.#time = new ElapsedTime(input.clock);
  }

  start(): void {
    this.#wake();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stopTimer();
    for (const socket of this.#sockets.values()) socket.dispose();
    this.#sockets.clear();
  }

  /** Everything that time brings: interfaces, expiry, refreshes, the next question. */
  #wake(): void {
    // After a sleep what is known may be long gone, and new agents may wait to be asked for.
    if (this.#time.hasSlept()) this.#restartQueries(0);
    const nowMs = this.#time.nowMs();
    if (nowMs >= this.#scanMs) {
      this.#scan();
      this.#scanMs = nowMs + SCAN_MS;
    }
    if (this.#cache.expire(nowMs) || nowMs >= this.#showMs) this.#show();
    this.#ask(this.#cache.due(nowMs));
    if (nowMs >= this.#queryMs) {
      for (const link of this.#sockets.keys()) this.#query(link, [{ type: "PTR", name: SERVICE }]);
      this.#queryMs = nowMs + this.#queryGapMs;
      this.#queryGapMs = Math.min(QUERY_LONGEST_GAP_MS, this.#queryGapMs * QUERY_FACTOR);
    }
    this.#schedule();
  }

  #restartQueries(delayMs: number): void {
    this.#queryMs = this.#time.nowMs() + delayMs;
    this.#queryGapMs = QUERY_FIRST_GAP_MS;
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    this.#stopTimer();
    const nextMs = Math.min(this.#scanMs, this.#queryMs, this.#showMs, this.#cache.nextMs());
    this.#stopTimer = this.#input.clock.after(Math.max(1, nextMs - this.#time.nowMs()), () => this.#wake());
  }

  #scan(): void {
    const links = new Map(this.#input.readLinks().map((link) => [link.key, link]));
    for (const [key, socket] of this.#sockets) {
      if (isSameLink(socket.link, links.get(key))) continue;
      socket.dispose();
      this.#sockets.delete(key);
      if (this.#cache.dropLink(key)) this.#show();
    }
    for (const [key, link] of links) if (!this.#sockets.has(key)) this.#open(link);
    for (const key of this.#failing) if (!links.has(key)) this.#failing.delete(key);
  }

  #open(link: Link): void {
    const { key } = link;
    const socket = new LinkSocket(link, {
      packet: (bytes, source) => this.#read(key, bytes, source),
      ready: () => {
        this.#failing.delete(key);
        this.#restartQueries(FIRST_QUERY_MS + this.#input.random.chance() * QUERY_JITTER_MS);
        this.#schedule();
      },
      failed: (error) => {
        if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
        // It is tried again at every scan; once is enough to say so.
        if (!this.#failing.has(key))
          this.#input.log.warn("cannot look for agents here", { link: key, error: error.message });
        this.#failing.add(key);
      },
    });
    this.#sockets.set(key, socket);
  }

  #read(link: string, bytes: Buffer, source: string): void {
    if (this.#isDisposed) return;
    const { random } = this.#input;
    const received = readResponse(bytes);
    if (received.length === 0) return;
    const nowMs = this.#time.nowMs();
    const isChanged = this.#cache.accept(received, { link, source, nowMs, chance: random.chance() });
    if (isChanged) this.#showMs = Math.min(this.#showMs, nowMs + SHOW_DELAY_MS);
    this.#schedule();
  }

  /** Works out who is there and tells the listener what is different from the last time. */
  #show(): void {
    const { listener } = this.#input;
    this.#showMs = Infinity;
    const zoneOf = (link: string): string | undefined => this.#sockets.get(link)?.link.zone;
    const { sightings, missing } = resolveSightings(this.#cache, SERVICE, zoneOf, (id) => listener.fingerprintOf?.(id));
    const before = this.#shown;
    this.#shown = new Map(sightings);
    // Who is gone first: where as many are shown as may be there is room for others then.
    for (const id of before.keys()) if (!sightings.has(id)) listener.gone(id);
    for (const [id, sighting] of sightings) {
      if (JSON.stringify(before.get(id)) !== JSON.stringify(sighting)) listener.seen(sighting);
    }
    this.#ask(missing);
  }

  #ask(due: readonly DueQuestion[]): void {
    const nowMs = this.#time.nowMs();
    for (const [key, askedMs] of this.#askedMs) if (nowMs - askedMs >= SAME_QUESTION_MS) this.#askedMs.delete(key);
    const byLink = Map.groupBy(
      due.filter((one) => this.#mayAsk(one, nowMs)),
      ({ link }) => link,
    );
    for (const [link, questions] of byLink) {
      for (let at = 0; at < questions.length; at += MAX_QUESTIONS_PER_PACKET) {
        this.#query(
          link,
          questions.slice(at, at + MAX_QUESTIONS_PER_PACKET).map(({ question }) => question),
        );
      }
    }
  }

  #mayAsk({ link, question }: DueQuestion, nowMs: number): boolean {
    const key = `${link} ${question.type} ${question.name}`;
    if (this.#askedMs.has(key) || this.#askedMs.size >= MAX_QUESTIONS_PER_SECOND) return false;
    this.#askedMs.set(key, nowMs);
    return true;
  }

  #query(link: string, questions: readonly MdnsQuestion[]): void {
    const isBrowsing = questions.some(({ type }) => type === "PTR");
    const known = isBrowsing ? this.#cache.knownAnswers(link, this.#time.nowMs()) : [];
    this.#sockets.get(link)?.send(writeQuery(questions, known.slice(0, MAX_KNOWN_ANSWERS)));
  }
}

/** Whether a socket made for the one serves the other. Privacy addresses come and go without a change of the link. */
function isSameLink(left: Link, right: Link | undefined): boolean {
  if (right === undefined || left.multicastInterface !== right.multicastInterface) return false;
  return left.family === 6 || left.networks.join() === right.networks.join();
}
