import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import packet, { type Answer, type DecodedPacket } from "dns-packet";
import type { Sighting } from "#core/ports/discovery.ts";
import { Browser, SERVICE } from "#main/discovery/browser.ts";
import type { Link } from "#main/discovery/links.ts";
import { HandClock, MemoryLog } from "../../agent/trust/fixtures.ts";

const LOOPBACK: Link = {
  key: "lo/4",
  interfaceName: "lo",
  family: 4,
  multicastInterface: "127.0.0.1",
  zone: "lo",
  networks: ["127.0.0.1/8"],
};
const FINGERPRINT = "cd".repeat(32);
const ID = FINGERPRINT.slice(0, 16);
const INSTANCE = `lw-${ID}.${SERVICE}`;
/** The most a query is put off, by chance. */
const MAX_FIRST_MS = 120;
/** The browser shows what it heard after a moment. */
const SHOW_MS = 20;

/** A browser on loopback whose time is moved by hand, and a responder that hears its questions. */
class Bench {
  readonly clock = new HandClock();
  readonly log = new MemoryLog();
  readonly story: string[] = [];
  links: readonly Link[] = [LOOPBACK];
  readonly browser: Browser;
  readonly #responder: Socket = createSocket({ type: "udp4", reuseAddr: true });
  #heard = Promise.withResolvers<DecodedPacket>();

  constructor(t: TestContext) {
    this.browser = new Browser({
      clock: this.clock,
      random: { chance: () => 0.5, bytes: (length) => new Uint8Array(length) },
      log: this.log,
      listener: {
        seen: ({ name, addresses }: Sighting) => this.story.push(`seen ${name} at ${addresses.join()}`),
        gone: (id) => this.story.push(`gone ${id}`),
      },
      readLinks: () => this.links,
    });
    t.after(() => {
      this.browser.dispose();
      this.#responder.close();
    });
  }

  async start(): Promise<void> {
    this.#responder.bind(5353);
    await once(this.#responder, "listening");
    this.#responder.addMembership("224.0.0.251", "127.0.0.1");
    this.#responder.setMulticastInterface("127.0.0.1");
    this.#responder.on("message", (bytes, { address }) => {
      // Other programs of this machine speak on the same port.
      if (address !== "127.0.0.1") return;
      const query = packet.decode(bytes);
      if (query.type === "query") this.#heard.resolve(query);
    });
    this.browser.start();
  }

  /** The next question the browser asks. */
  async question(): Promise<string> {
    const { questions = [], answers = [] } = await this.#heard.promise;
    this.#heard = Promise.withResolvers();
    return `${questions.map(({ type, name }) => `${type} ${name}`).join()} knowing ${answers.length}`;
  }

  /** Says something as an agent, and waits until the browser's sockets have heard it too. */
  async say(answers: readonly Answer[]): Promise<void> {
    const bytes = packet.encode({ type: "response", flags: packet.AUTHORITATIVE_ANSWER, answers: [...answers] });
    const echo = new Promise<void>((resolve) => {
      const listen = (heard: Buffer): void => {
        if (!heard.equals(bytes)) return;
        this.#responder.off("message", listen);
        resolve();
      };
      this.#responder.on("message", listen);
    });
    this.#responder.send(bytes, 5353, "224.0.0.251");
    await echo;
    // The kernel hands a multicast packet to all sockets before any of them is read; one turn reads the others.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function announcement(ttl: number, address = "10.0.0.2"): Answer[] {
  const data = [`id=${ID}`, "name=studio", "v=1", `fp=${FINGERPRINT}`, "lp=7421"];
  return [
    { type: "PTR", name: SERVICE, ttl, data: INSTANCE },
    { type: "SRV", name: INSTANCE, ttl, flush: true, data: { port: 7420, target: `lw-${ID}.local` } },
    { type: "TXT", name: INSTANCE, ttl, flush: true, data },
    { type: "A", name: `lw-${ID}.local`, ttl, flush: true, data: address },
  ];
}

async function startBench(t: TestContext): Promise<Bench> {
  const bench = new Bench(t);
  await bench.start();
  // The socket opens in its own time; the first question follows once the clock is moved after that.
  const first = bench.question();
  const moving = setInterval(() => bench.clock.advance(MAX_FIRST_MS), 5);
  assert.equal(await first, `PTR ${SERVICE} knowing 0`);
  clearInterval(moving);
  return bench;
}

test("[FLEET-1] the browser asks at once, then after 1, 3 and 9 seconds", async (t) => {
  const bench = await startBench(t);
  for (const gapMs of [1_000, 3_000, 9_000]) {
    const next = bench.question();
    bench.clock.advance(gapMs);
    assert.equal(await next, `PTR ${SERVICE} knowing 0`);
  }
});

test("[FLEET-1] an agent is seen once, with changes told and repetitions not, and gone after its goodbye", async (t) => {
  const bench = await startBench(t);
  await bench.say(announcement(120));
  bench.clock.advance(SHOW_MS);
  await bench.say(announcement(120));
  bench.clock.advance(SHOW_MS);
  bench.clock.advance(5_000);
  await bench.say(announcement(120, "10.0.0.7"));
  bench.clock.advance(1_000 + SHOW_MS);
  await bench.say(announcement(0, "10.0.0.7"));
  bench.clock.advance(1_000 + SHOW_MS);
  assert.equal(bench.story[0], "seen studio at 10.0.0.2");
  assert.deepEqual(bench.story.slice(-2), ["seen studio at 10.0.0.7", `gone ${ID}`]);
  assert.ok(bench.story.length <= 4, bench.story.join("\n"));
});

test("[FLEET-1] what is known is told with the question", async (t) => {
  const bench = await startBench(t);
  await bench.say(announcement(120));
  const next = bench.question();
  bench.clock.advance(1_000);
  assert.equal(await next, `PTR ${SERVICE} knowing 1`);
});

test("[FLEET-1] an agent that fell silent is asked for, and gone when its time is over", async (t) => {
  const bench = await startBench(t);
  await bench.say(announcement(120));
  bench.clock.advance(SHOW_MS);
  bench.clock.advance(119_000);
  assert.deepEqual(bench.story, ["seen studio at 10.0.0.2"]);
  bench.clock.advance(2_000);
  assert.deepEqual(bench.story.at(-1), `gone ${ID}`);
});

test("[FLEET-1] an interface that goes takes its agents with it", async (t) => {
  const bench = await startBench(t);
  await bench.say(announcement(120));
  bench.clock.advance(SHOW_MS);
  bench.links = [];
  bench.clock.advance(3_000);
  assert.deepEqual(bench.story.at(-1), `gone ${ID}`);
});

test("[FLEET-1] after the machine slept, what was known is checked at once", async (t) => {
  const bench = await startBench(t);
  await bench.say(announcement(120));
  bench.clock.advance(SHOW_MS);
  const next = bench.question();
  bench.clock.sleep(10 * 60_000);
  bench.clock.advance(3_000);
  assert.equal(await next, `PTR ${SERVICE} knowing 0`);
  assert.deepEqual(bench.story.at(-1), `gone ${ID}`);
});
