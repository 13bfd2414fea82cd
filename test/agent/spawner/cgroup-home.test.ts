import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { cgroupMount } from "#test/support/processes.ts";

const PROGRAM = resolve(import.meta.dirname, "cgroup-program.ts");
const NOBODY = 65_534;

interface Told {
  readonly kind: string;
  readonly why?: string;
  readonly limits?: readonly string[];
  readonly isIn?: boolean;
  readonly signal?: string;
}

/** A group that is removed with everything in it. `undefined`, with a reason told: there can be none here. */
function makeGroup(context: TestContext): string | undefined {
  const mount = cgroupMount();
  if (process.getuid?.() !== 0 || mount === undefined) {
    context.skip("making a control group takes root and a cgroup v2 hierarchy");
    return undefined;
  }
  const folder = join(mount, `lanweave-test-${String(process.pid)}`);
  mkdirSync(folder);
  context.after(() => remove(folder));
  return folder;
}

function remove(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) remove(join(folder, entry.name));
  }
  rmdirSync(folder);
}

/** The program's answer when it runs in the group, as nobody in particular. */
function runIn(folder: string): Told {
  const user = ["setpriv", "--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
  const words = [
    "-c",
    'echo 0 >"$1"; shift; exec "$@"',
    "sh",
    join(folder, "cgroup.procs"),
    ...user,
    process.execPath,
    PROGRAM,
  ];
  return JSON.parse(execFileSync("sh", words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })) as Told;
}

function canNobodyRead(): boolean {
  try {
    execFileSync("setpriv", ["--reuid", String(NOBODY), "--clear-groups", process.execPath, "--check", PROGRAM], {
      stdio: "ignore",
    });
    return true;
  } catch {
    // Where the sources lie in somebody's home folder, or there is no such program.
    return false;
  }
}

test("[FLEET-10] an ordinary user has control groups where one was delegated to it, and leaves none behind", (context) => {
  const folder = makeGroup(context);
  if (folder === undefined) return;
  if (!canNobodyRead()) {
    context.skip("another user cannot read the sources");
    return;
  }
  // As a service manager delegates.
  for (const name of ["", "cgroup.procs", "cgroup.subtree_control"]) chownSync(join(folder, name), NOBODY, NOBODY);
  const there = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
  const told = runIn(folder);
  const limits = ["memory", "cpu", "pids"].filter((limit) => there.includes(limit));
  assert.deepEqual(told, { kind: "found", limits, isIn: true, signal: "SIGKILL" });
  // All that may be left is the group that it moved itself to.
  const left = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    left.map(({ name }) => name),
    limits.length === 0 ? [] : ["lanweave-test"],
  );
});

test("[FLEET-10] an ordinary user without a delegated group is told why there are no control groups", (context) => {
  const folder = makeGroup(context);
  if (folder === undefined) return;
  if (!canNobodyRead()) {
    context.skip("another user cannot read the sources");
    return;
  }
  const told = runIn(folder);
  assert.equal(told.kind, "none");
  assert.match(told.why ?? "", /EACCES|permission denied/);
  assert.ok(!existsSync(join(folder, "lanweave-test")));
});
