import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { createLan, type TestHost, type TestLan } from "./netns.ts";

const BROWSER = join(import.meta.dirname, "../main/discovery/browse-program.ts");
const AGENT = join(import.meta.dirname, "../agent/advertise/advertise-program.ts");

interface Change {
  readonly kind: "seen" | "gone" | "ready" | "log";
  readonly id?: string;
  readonly name?: string;
  readonly instance?: string;
  readonly addresses?: readonly string[];
}

/** A browser in a namespace, and what it said so far. */
export class Watch {
  readonly changes: Change[] = [];
  readonly child: ChildProcess;
  #wake = Promise.withResolvers<void>();

  constructor(host: TestHost) {
    this.child = host.spawn(process.execPath, [BROWSER], { stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(this.child.stdout);
    createInterface(this.child.stdout).on("line", (line) => {
      this.changes.push(JSON.parse(line));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  /** The first change that fits, of those to come and those that were; fails after the deadline. */
  async until(what: string, deadlineMs: number, fits: (change: Change) => boolean): Promise<Change> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const found = this.changes.find(fits);
      if (found !== undefined) return found;
      const leftMs = end - performance.now();
      assert.ok(leftMs > 0, `${what} within ${deadlineMs} ms; so far ${JSON.stringify(this.changes)}`);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#wake.promise, late.promise]);
      clearTimeout(timer);
    }
  }

  seen(seed: string, deadlineMs: number, fits: (change: Change) => boolean = () => true): Promise<Change> {
    return this.until(
      `${seed} is seen`,
      deadlineMs,
      (change) => change.kind === "seen" && change.id === idOf(seed) && fits(change),
    );
  }

  gone(seed: string, deadlineMs: number): Promise<Change> {
    return this.until(`${seed} is gone`, deadlineMs, (change) => change.kind === "gone" && change.id === idOf(seed));
  }
}

export async function makeLan(t: TestContext, size: number): Promise<TestLan> {
  const lan = await createLan(size);
  t.after(() => lan.dispose());
  return lan;
}

export async function watch(host: TestHost): Promise<Watch> {
  const watching = new Watch(host);
  await watching.until("the browser starts", 10_000, ({ kind }) => kind === "ready");
  return watching;
}

export async function startAgent(host: TestHost, name: string, seed = name): Promise<ChildProcess> {
  const child = host.spawn(process.execPath, [AGENT, name, seed], { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  return child;
}

export function idOf(seed: string): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, 16);
}

export function hostAt(lan: TestLan, index: number): TestHost {
  const host = lan.hosts[index];
  assert.ok(host);
  return host;
}
