import assert from "node:assert/strict";
import type { TLSSocket } from "node:tls";
import { DisposableStack } from "#core/base/dispose.ts";
import { appMessageSchema } from "#core/protocol/messages.ts";
import type { MemoryLan } from "#test/support/memory-lan.ts";
import type { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { fieldOf, FrameSocket } from "../peers/frame-socket.ts";
import { runThrough, SaidDiscovery, startLan } from "../peers/real-links-lan.ts";
import { type SmallAgent, startSmallAgent } from "../peers/small-agent.ts";
import { startSmallApp } from "../peers/small-app.ts";
import { agentMessages } from "../samples.ts";
import { writeCase } from "./links.ts";

// A paired agent that says anything to its app: a whole coordinator at the other end, which has given it work.

const task = (agent: string): string =>
  `lanweave: 1\nname: work\nnodes:\n  - id: each\n    type: parallel\n    forEach: "[1, 2, 3, 4]"\n    nodes:\n` +
  `      - { id: a, type: task, run: echo, needs: { agent: ${agent} }, fault: { retry: 3 } }\n`;

type Key = { run: string; path: string; fence: number };

class AppLinkTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #lan: MemoryLan;
  readonly #evil: { readonly agent: SmallAgent; readonly discovery: SaidDiscovery };
  readonly #accepted: { take: (socket: TLSSocket) => void };
  #link: FrameSocket | null = null;
  #keys: Key[] = [];
  #probe = 0;

  constructor(
    cleanup: DisposableStack,
    lan: MemoryLan,
    evil: { readonly agent: SmallAgent; readonly discovery: SaidDiscovery },
    accepted: { take: (socket: TLSSocket) => void },
  ) {
    this.#cleanup = cleanup;
    this.#lan = lan;
    this.#evil = evil;
    this.#accepted = accepted;
  }

  async play(chance: Chance): Promise<void> {
    const link = await this.#open(chance.is(0.95));
    const key = chance.is(0.5) ? this.#keys.at(-1 - chance.below(4)) : undefined;
    writeCase(chance, link, agentMessages(this.#evil.agent.target.id, key));
    this.#probe += 1;
    const message = { key: { run: "probe", path: "p", fence: this.#probe }, offset: 0, stream: "stdout", base64: "" };
    link.send({ kind: "output", ...message });
    const answer = await link.until("answer or end", (data) =>
      fieldOf(data, "key", "fence") === this.#probe && fieldOf(data, "kind") === "output-taken" ? true : undefined,
    );
    for (const frame of link.received)
      assert.ok(appMessageSchema.safeParse(frame).success, "the app speaks the protocol");
    link.forget();
    if (answer === null) this.#link = null;
  }

  /** The app comes again by itself, so each case that ends a link costs its pause. */
  async #open(greets: boolean): Promise<FrameSocket> {
    if (this.#link?.isClosed === false) return this.#link;
    const { promise, resolve } = Promise.withResolvers<FrameSocket>();
    this.#accepted.take = (socket) => {
      const accepted = new FrameSocket(socket.setNoDelay(true));
      accepted.onFrame = (data) => this.#heard(data);
      resolve(accepted);
    };
    const link = await this.#whenReopened(promise);
    this.#link = link;
    await link.until("hello", (data) => (fieldOf(data, "kind") === "hello" ? true : undefined));
    if (greets) {
      const [welcome] = agentMessages(this.#evil.agent.target.id);
      link.send({ ...welcome, held: [] });
      if (this.#keys.length < 4) await this.#lan.start("work");
    }
    return link;
  }

  /** A link that went down waits before it is opened again, but not when its agent is seen elsewhere. */
  async #whenReopened(opened: Promise<FrameSocket>): Promise<FrameSocket> {
    for (let turn = 0; ; turn += 1) {
      this.#evil.discovery.say(this.#evil.agent, ...(turn % 2 === 0 ? [] : ["127.0.0.2"]));
      const link = await Promise.race([opened, new Promise<null>((resolve) => setTimeout(resolve, 20, null))]);
      if (link !== null) return link;
    }
  }

  #heard(data: unknown): void {
    const parsed = appMessageSchema.safeParse(data);
    if (!parsed.success || parsed.data.kind !== "assign") return;
    this.#keys.push(parsed.data.spec.key);
    if (this.#keys.length > 8) this.#keys = this.#keys.slice(-8);
  }

  async greet(): Promise<void> {
    assert.equal(await runThrough(this.#lan, "honest"), "completed");
  }

  async dispose(): Promise<void> {
    await this.#lan.coordinator.dispose();
    await this.#cleanup.dispose();
  }
}

export const appLinkKind: FuzzKind = {
  name: "link-to-app",
  weight: 4,
  batch: 500,
  open: async () => {
    const cleanup = new DisposableStack();
    const accepted = { take: (socket: TLSSocket): void => void socket.destroy() };
    const accept = (socket: TLSSocket): void => accepted.take(socket);
    const evil = await startSmallAgent(cleanup, { name: "evil", link: { kind: "raw", accept } });
    const honest = await startSmallAgent(cleanup, { name: "honest", link: { kind: "desk" } });
    const app = await startSmallApp(cleanup);
    await app.pair(evil);
    await app.pair(honest);
    const workflows = { work: task("evil"), honest: task("honest") };
    const agents = [
      { agent: evil, name: "evil" },
      { agent: honest, name: "honest" },
    ];
    const discovery = new SaidDiscovery();
    return new AppLinkTarget(
      cleanup,
      startLan(app, agents, workflows, { discovery }),
      { agent: evil, discovery },
      accepted,
    );
  },
};
