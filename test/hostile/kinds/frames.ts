import assert from "node:assert/strict";
import { methodParams } from "#core/ipc/methods.ts";
import { type ServerFrame, serverFrameSchema } from "#core/ipc/frames.ts";
import { LineCutter } from "#main/host/frame-lines.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import type { Chance } from "#test/sim/chance.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { inPieces, mangleJson, mangleText } from "../mangle.ts";

// Frames of a window, a browser or a program, as a coordinator takes them.

const RUN = "20261123-204512-k3f9";
const PARAMS: Readonly<Record<string, unknown>> = {
  hello: { version: 1, client: "fuzz" },
  "fleet.pair": { target: "10.0.0.1:7420", code: "123-456" },
  "fleet.drain": { target: "agent-00", draining: true },
  "fleet.start-local": { count: 1 },
  "fleet.stop-local": { agents: ["x"] },
  "library.read": { source: { kind: "library", name: "hello" } },
  "run.start": { source: { kind: "library", name: "hello" }, inputs: { a: 1 } },
  "run.show": { run: RUN, at: 3 },
  "run.events": { run: RUN, after: 0, limit: 10 },
  "run.log": { run: RUN, path: "a", offset: 0 },
  "run.graph": { run: RUN, format: "mermaid" },
  "run.complete": { run: RUN, path: "a", result: { a: [1] } },
  "run.approve": { run: RUN, path: "a", approved: true, by: "me" },
  "run.error": { run: RUN, message: "x" },
  "run.fork": { run: RUN, inputs: {}, at: "5-pause" },
};
const HELLO = JSON.stringify({ kind: "request", id: 1, method: "hello", params: { version: 1, client: "fuzz" } });
const HELLO_WORKFLOW = "lanweave: 1\nname: hello\nnodes:\n  - id: a\n    type: task\n    run: echo\n";
const TOPICS = ["runs", "fleet", `run:${RUN}`, `events:${RUN}`, `log:${RUN}/a`, "nothing", "run:"];

function frameOf(chance: Chance): unknown {
  if (chance.is(0.25)) return { kind: chance.pick(["watch", "unwatch"]), topic: chance.pick(TOPICS) };
  const method = chance.pick(Object.keys(methodParams).filter((name) => name !== "shutdown"));
  return { kind: "request", id: 1 + chance.below(5), method, params: PARAMS[method] ?? { run: RUN, path: "a" } };
}

class FramesTarget implements FuzzTarget {
  readonly #lan = new MemoryLan(1, { hello: HELLO_WORKFLOW }, new MemoryJournal(), {
    pairer: { pair: () => Promise.resolve({ ok: false, error: { code: "unreachable", message: "nobody answers" } }) },
  });

  async play(chance: Chance): Promise<void> {
    const told: ServerFrame[] = [];
    let ended: string | null = null;
    const session = this.#lan.coordinator.openSession("fuzz", {
      send: (text) => void told.push(serverFrameSchema.parse(JSON.parse(text))),
      unsentBytes: () => 0,
      end: (reason) => (ended = reason),
    });
    assert.ok(session !== null);
    const cutter = new LineCutter(1_000_000, (line) => session.receive(line));
    const greeting = chance.is(0.9) ? `${HELLO}\n` : "";
    const text = mangleJson(chance, frameOf(chance)).replaceAll("\n", " ");
    const lines = `${greeting}${chance.is(0.1) ? mangleText(chance, text) : text}\n`;
    for (const piece of inPieces(chance, Buffer.from(lines))) cutter.push(piece);
    await this.#lan.settle();
    session.close();
    if (ended !== null) assert.match(ended, /\w+ \w+/);
    for (const frame of told)
      if (frame.kind === "failure")
        assert.notEqual(frame.error.code, "internal", `${frame.error.message}: ${text.slice(0, 300)}`);
  }

  async greet(): Promise<void> {
    const run = await this.#lan.start("hello");
    assert.equal((await this.#lan.ask("run.show", { run })).run, run);
  }

  dispose(): Promise<void> {
    return this.#lan.coordinator.dispose();
  }
}

export const frameKind: FuzzKind = { name: "ipc-frame", weight: 30, batch: 500, open: () => new FramesTarget() };
