import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { DisposableStack } from "#core/base/dispose.ts";
import type { FileRef } from "#core/model/run.ts";
import { fileReplySchema } from "#core/protocol/file-messages.ts";
import { FileDeskError } from "#main/transport/file-desk-error.ts";
import { makeFolder } from "#test/agent/trust/fixtures.ts";
import type { Chance } from "#test/sim/chance.ts";
import type { FuzzKind, FuzzTarget } from "../fuzz-kind.ts";
import { inPieces, mangleJson, mangleText, randomBytes } from "../mangle.ts";
import { type SmallAgent, startSmallAgent } from "../peers/small-agent.ts";
import { type SmallApp, startSmallApp } from "../peers/small-app.ts";
import { FILE_REPLIES, FILE_REQUESTS } from "../samples.ts";

// Files over TLS: a member of the fleet that asks an agent for anything, and an agent that answers an app with anything.

const CONTENT = Buffer.from("0123456789");
const NAME = "ten bytes.txt";

function fileOf(content: Buffer): FileRef {
  return {
    name: NAME,
    sha256: createHash("sha256").update(content).digest("hex"),
    sizeBytes: content.length,
  } as FileRef;
}

function wordsOf(chance: Chance, samples: readonly unknown[]): Buffer {
  const line = `${mangleJson(chance, chance.pick(samples)).replaceAll("\n", " ")}\n`;
  const text = chance.is(0.15) ? mangleText(chance, line) : line;
  return Buffer.concat([Buffer.from(text), randomBytes(chance, chance.pick([0, 0, 10, 300]))]);
}

class FileServerTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #agent: SmallAgent;
  readonly #app: SmallApp;
  readonly #folder: string;

  constructor(cleanup: DisposableStack, agent: SmallAgent, app: SmallApp, folder: string) {
    this.#cleanup = cleanup;
    this.#agent = agent;
    this.#app = app;
    this.#folder = folder;
  }

  async play(chance: Chance): Promise<void> {
    const socket = await this.#app.dialFiles(this.#agent.target);
    let heard = "";
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (let left = 1 + chance.below(3); left > 0; left -= 1)
      for (const piece of inPieces(chance, wordsOf(chance, FILE_REQUESTS))) socket.write(piece);
    socket.end();
    await closed;
    for (const line of heard.split("\n").filter((text) => text !== ""))
      assert.ok(fileReplySchema.safeParse(JSON.parse(line)).success, line);
  }

  /** A file goes to the agent and comes back. */
  async greet(): Promise<void> {
    const file = fileOf(CONTENT);
    const { signal } = new AbortController();
    await this.#app.files.put(this.#agent.target, this.#folder, file, signal);
    const back = join(this.#folder, "back.txt");
    await this.#app.files.fetch([this.#agent.target], file.sha256, file.sizeBytes, back, signal);
  }

  dispose(): Promise<void> {
    return this.#cleanup.dispose();
  }
}

export const fileServerKind: FuzzKind = {
  name: "files-of-agent",
  weight: 7,
  batch: 500,
  open: async () => {
    const cleanup = new DisposableStack();
    const agent = await startSmallAgent(cleanup, { name: "target", link: { kind: "desk" } });
    const app = await startSmallApp(cleanup);
    await app.pair(agent);
    const folder = await makeFolder(cleanup);
    await writeFile(join(folder, NAME), CONTENT);
    return new FileServerTarget(cleanup, agent, app, folder);
  },
};

class FileClientTarget implements FuzzTarget {
  readonly #cleanup: DisposableStack;
  readonly #agents: { readonly evil: SmallAgent; readonly honest: SmallAgent };
  readonly #app: SmallApp;
  readonly #folder: string;
  readonly #answer: { with: (socket: TLSSocket) => void };

  constructor(
    cleanup: DisposableStack,
    agents: { readonly evil: SmallAgent; readonly honest: SmallAgent },
    app: SmallApp,
    folder: string,
    answer: { with: (socket: TLSSocket) => void },
  ) {
    this.#cleanup = cleanup;
    this.#agents = agents;
    this.#app = app;
    this.#folder = folder;
    this.#answer = answer;
  }

  async play(chance: Chance): Promise<void> {
    this.#answer.with = (socket) => {
      socket.once("data", () => {
        for (let left = 1 + chance.below(3); left > 0; left -= 1)
          for (const piece of inPieces(chance, wordsOf(chance, FILE_REPLIES))) socket.write(piece);
        socket.end();
      });
    };
    const { signal } = new AbortController();
    const { target } = this.#agents.evil;
    // By hand, so that what is fetched is never what was put.
    const file = fileOf(chance.is(0.5) ? CONTENT : Buffer.from("other"));
    try {
      if (chance.is(0.5)) await this.#app.files.put(target, this.#folder, { ...file, name: NAME }, signal);
      else await this.#app.files.fetch([target], file.sha256, file.sizeBytes, join(this.#folder, "back.txt"), signal);
    } catch (error) {
      assert.ok(error instanceof FileDeskError, String(error));
      assert.match(error.message, /\w+ \w+/);
    }
  }

  async greet(): Promise<void> {
    const file = fileOf(CONTENT);
    const { signal } = new AbortController();
    await this.#app.files.put(this.#agents.honest.target, this.#folder, file, signal);
    await this.#app.files.fetch(
      [this.#agents.evil.target, this.#agents.honest.target],
      ...([file.sha256, file.sizeBytes, join(this.#folder, "back.txt"), signal] as const),
    );
  }

  dispose(): Promise<void> {
    return this.#cleanup.dispose();
  }
}

export const fileClientKind: FuzzKind = {
  name: "files-of-app",
  weight: 7,
  batch: 500,
  open: async () => {
    const cleanup = new DisposableStack();
    const answer = { with: (socket: TLSSocket): void => void socket.destroy() };
    const accept = (socket: TLSSocket): void => {
      socket.setNoDelay(true).on("error", () => undefined);
      answer.with(socket);
    };
    const evil = await startSmallAgent(cleanup, {
      name: "evil",
      link: { kind: "desk" },
      files: { kind: "raw", accept },
    });
    const honest = await startSmallAgent(cleanup, { name: "honest", link: { kind: "desk" } });
    const app = await startSmallApp(cleanup);
    await app.pair(evil);
    await app.pair(honest);
    const folder = await makeFolder(cleanup);
    await writeFile(join(folder, NAME), CONTENT);
    return new FileClientTarget(cleanup, { evil, honest }, app, folder, answer);
  },
};
