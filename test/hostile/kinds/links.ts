import assert from "node:assert/strict";
import { DisposableStack } from "#core/base/dispose.ts";
import { agentMessageSchema, appMessageSchema } from "#core/protocol/messages.ts";
import { MAX_MESSAGE_BYTES } from "#core/protocol/limits.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import type { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { inPieces, mangleJson, mangleText, oddValue, writeJson } from "../mangle.ts";
import { fieldOf, type FrameSocket } from "../peers/frame-socket.ts";
import { type SmallAgent, startSmallAgent } from "../peers/small-agent.ts";
import { type SmallApp, startSmallApp } from "../peers/small-app.ts";
import { appMessages } from "../samples.ts";

// A paired app that says anything to an agent's link, over TLS as it is.

/** What is written to a link for one case: most often one frame around a message that was made wrong. */
export function writeCase(chance: Chance, link: FrameSocket, samples: readonly unknown[]): void {
  const how = chance.next();
  if (how < 0.75) {
    for (let left = 1 + chance.below(3); left > 0; left -= 1) link.sendText(mangleJson(chance, chance.pick(samples)));
    return;
  }
  const frame = `{"type":"lanweave","data":${writeJson(chance.pick(samples))}}\f`;
  if (how < 0.85) for (const piece of inPieces(chance, Buffer.from(frame))) link.write(piece.toString("latin1"));
  else if (how < 0.93) link.write(mangleText(chance, frame));
  else if (how < 0.97) link.write(`${writeJson({ type: oddValue(chance), data: chance.pick(samples) })}\f`);
  else if (how < 0.999) link.write("\f".repeat(chance.below(50)));
  else link.write(`{"type":"lanweave","data":"${"x".repeat(MAX_MESSAGE_BYTES)}"}\f`);
}

class LinkTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #agent: SmallAgent;
  readonly #app: SmallApp;
  readonly #honest: SmallApp;
  #link: FrameSocket | null = null;
  #nonce = 0;

  constructor(cleanup: DisposableStack, agent: SmallAgent, app: SmallApp, honest: SmallApp) {
    this.#cleanup = cleanup;
    this.#agent = agent;
    this.#app = app;
    this.#honest = honest;
  }

  async play(chance: Chance): Promise<void> {
    const samples = appMessages(this.#app.authority.app);
    const link = await this.#open(samples, chance.is(0.97));
    writeCase(chance, link, samples);
    this.#nonce += 1;
    link.send({ kind: "ping", nonce: this.#nonce });
    const pong = await link.until("pong or end", (data) => (fieldOf(data, "nonce") === this.#nonce ? true : undefined));
    for (const frame of link.received)
      assert.ok(agentMessageSchema.safeParse(frame).success, "the agent speaks the protocol");
    if (pong !== null) return link.forget();
    const last = link.received.findLast((data) => fieldOf(data, "kind") === "refused");
    if (last !== undefined) assert.match(String(fieldOf(last, "message")), /\w+ \w+/);
    this.#link = null;
  }

  async #open(samples: readonly unknown[], greets: boolean): Promise<FrameSocket> {
    if (greets && this.#link?.isClosed === false) return this.#link;
    this.#link?.destroy();
    const link = await this.#app.dialLink(this.#agent.target);
    this.#link = link;
    if (!greets) return link;
    link.send(samples[0]);
    const welcome = await link.until("welcome", (data) => (fieldOf(data, "kind") === "welcome" ? data : undefined));
    assert.ok(welcome !== null, "a paired app is welcome again");
    link.forget();
    return link;
  }

  async greet(): Promise<void> {
    const link = new TestLink(this.#honest.links, this.#agent.target);
    await link.hello(this.#honest.authority.app);
    link.assign(specOf("a", "true", { key: keyOf("a", ++this.#nonce) }));
    const outcome = await link.outcome(keyOf("a", this.#nonce));
    assert.equal(outcome.kind, "success");
    link.close();
  }

  dispose(): Promise<void> {
    this.#link?.destroy();
    return this.#cleanup.dispose();
  }
}

export const linkKind: FuzzKind = {
  name: "link-to-agent",
  weight: 20,
  batch: 1_000,
  open: async () => {
    const cleanup = new DisposableStack();
    const agent = await startSmallAgent(cleanup, { name: "target", link: { kind: "desk" } });
    const [app, honest] = [await startSmallApp(cleanup), await startSmallApp(cleanup)];
    await app.pair(agent);
    await honest.pair(agent);
    assert.ok(appMessages(app.authority.app).every((sample) => appMessageSchema.safeParse(sample).success));
    return new LinkTarget(cleanup, agent, app, honest);
  },
};
