import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { JsonObject } from "#core/base/json.ts";
import type { RunEvent } from "#core/model/event.ts";
import { ROOT } from "#test/support/fleet.ts";
import type { WorkName } from "./plan.ts";

/** A workflow whose end is known before it runs, because it is computed here in another way. */
export interface Work {
  readonly file: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** What its outputs must hold; more may be there. */
  readonly outputs: JsonObject;
  /** A file that is brought home, and its digest. */
  readonly collected: { readonly name: string; readonly sha256: string } | null;
  /** Fails or fixes what the outputs alone cannot tell; throws when something is wrong. */
  readonly check: (outputs: JsonObject, events: readonly RunEvent[]) => void;
}

const TILES = 10;
const ITERATIONS = 120;
const LINES = 60_000;
const PARTS = 6;
const STEPS = 6;
const ITEMS = 10;
const LCG = { seed: 42, factor: 16_807, modulus: 2_147_483_647 };
const NO_MORE = (): void => undefined;

/** `folder` is the round's own, for what a work leaves on its machines. */
export function toWork(name: WorkName, folder: string): Work {
  switch (name) {
    case "picture":
      return picture();
    case "sort":
      return sort();
    case "backup":
      return backup(path.join(folder, "vault"));
    case "release":
      return release(path.join(folder, "fleet"));
    case "steps":
      return steps();
  }
}

function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The plain arithmetic of examples/picture.yaml, which gives the same digits in every language with IEEE doubles. */
function picture(): Work {
  const points = Array.from({ length: 360 * 480 }, (_, at) => toPoint(at % 480, Math.floor(at / 480)));
  const digest = sha256(`P3\n480 360\n255\n${points.join("\n")}\n`);
  const inputs = { tiles: String(TILES), iterations: String(ITERATIONS) };
  return {
    file: "examples/picture.yaml",
    inputs,
    outputs: { digest },
    collected: { name: "picture.ppm", sha256: digest },
    check: NO_MORE,
  };
}

function toPoint(column: number, row: number): string {
  const y = (row - 360 / 2) / 128;
  const x = (column - (480 * 2) / 3) / 128;
  let [a, b, aa, bb, n] = [0, 0, 0, 0, 0];
  for (; n < ITERATIONS && aa + bb <= 4; n += 1) {
    b = 2 * a * b + y;
    a = aa - bb + x;
    aa = a * a;
    bb = b * b;
  }
  if (n === ITERATIONS) return "0 0 0";
  return `${String((n * 7) % 256)} ${String((n * 5) % 256)} ${String((n * 11 + 60) % 256)}`;
}

function sort(): Work {
  const numbers: number[] = [];
  for (let x = LCG.seed; numbers.length < LINES; numbers.push(x)) x = (x * LCG.factor) % LCG.modulus;
  const digest = sha256(`${numbers.sort((left, right) => left - right).join("\n")}\n`);
  const inputs = { lines: String(LINES), parts: String(PARTS) };
  return {
    file: "examples/sort.yaml",
    inputs,
    outputs: { digest },
    collected: { name: "sorted.txt", sha256: digest },
    check: NO_MORE,
  };
}

/** The archive is packed here as well, by the same two programs on the same files. */
function backup(vault: string): Work {
  const cwd = path.join(ROOT, "examples");
  const names = ["*.yaml", "script/*.ts"].flatMap((glob) => globSync(glob, { cwd }).sort());
  const fixed = [
    "--format=ustar",
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=0644",
  ];
  const maxBuffer = 64 * 1024 * 1024;
  const packed = execFileSync("tar", [...fixed, "-cf", "-", ...names], {
    cwd,
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer,
  });
  const digest = sha256(execFileSync("gzip", ["-n"], { input: packed, maxBuffer }));
  return {
    file: "examples/backup.yaml",
    inputs: { vault, lag: "4" },
    outputs: { digest },
    collected: { name: "backup.tar.gz", sha256: digest },
    check: ({ copies }) => {
      const kept = Array.isArray(copies) ? copies.map(String) : [];
      if (kept.length < 2) throw new Error(`expected at least two copies, found ${JSON.stringify(copies)}`);
      const found = globSync("*/*", { cwd: vault }).sort();
      const expected = kept.map((agent) => path.join(agent, "backup.tar.gz")).sort();
      if (found.join() !== expected.join())
        throw new Error(`expected the copies ${expected.join()}, found ${found.join()}`);
    },
  };
}

function release(fleet: string): Work {
  const version = "2.0";
  return {
    file: "examples/release.yaml",
    inputs: { fleet, version },
    outputs: { versions: [version, version, version], digest: sha256(`${version}\n`.repeat(3)) },
    collected: null,
    check: () => {
      const found = globSync("*/current", { cwd: fleet }).map((link) => readlinkSync(path.join(fleet, link)));
      if (found.join() !== [version, version, version].join())
        throw new Error(`expected three links to ${version}, found ${found.join()}`);
    },
  };
}

function steps(): Work {
  const squares = Array.from({ length: ITEMS }, (_, at) => (at + 1) ** 2);
  const lines = squares.flatMap((_, at) =>
    Array.from({ length: (at + 1) * 99 + 1 }, (__, line) => String(at + 1 + line)),
  );
  const digest = sha256(`${lines.join("\n")}\n`);
  const sum = Array.from({ length: STEPS }, (_, at) => (at + 1) ** 2).reduce((total, square) => total + square, 0);
  return {
    file: "test/drill/workflows/steps.yaml",
    inputs: {},
    outputs: { digest, sum, squares },
    collected: { name: "all.txt", sha256: digest },
    check: ({ done }, events) => {
      // What people retry counts again.
      const written = events.filter(({ path: node, to }) => /^items\[\d+\]\/write$/.test(node) && to === "completed");
      if (written.length < ITEMS || done !== written.length)
        throw new Error(`expected done to count ${String(written.length)} items, found ${String(done)}`);
    },
  };
}
