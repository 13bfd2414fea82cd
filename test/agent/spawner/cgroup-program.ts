import { spawn } from "node:child_process";
import { openCgroupHome, removeGroups } from "#agent/spawner/cgroup-home.ts";
import { Cgroups } from "#agent/spawner/cgroup.ts";

// Finds a place for control groups, freezes and ends a process in one of them, and says what came of it. A program, because it has to live in
// a group of its own and be another user.

const found = openCgroupHome("test");
if (found.kind === "none") {
  process.stdout.write(`${JSON.stringify(found)}\n`);
} else {
  const groups = new Cgroups(found.home, "1");
  const group = groups.make({ memoryBytes: 64 * 2 ** 20, cpus: 1 });
  const child = spawn("sh", ["-c", 'echo 0 >"$1" && echo in && exec sleep 600', "sh", group.entrance]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const pid = child.pid ?? 0;
  const pids = group.pids();
  group.freeze();
  while (!group.isFrozenWith(pid)) await new Promise((resolve) => setImmediate(resolve));
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  group.kill();
  const signal = await ended;
  group.remove();
  groups.dispose();
  const { limits } = found.home;
  process.stdout.write(`${JSON.stringify({ kind: "found", limits, isIn: pids.includes(pid), signal })}\n`);
  removeGroups(found.home.folder);
}
