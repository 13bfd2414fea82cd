import { one } from "./plural.ts";

export const run = {
  elapsed: "Elapsed",
  pause: "Pause",
  pauseHow: "How to pause",
  freeze: "Freeze now",
  freezeWhy: "Stops every process in place, on every machine.",
  drain: "Let running tasks finish",
  drainWhy: "Nothing new starts; what runs comes to its end.",
  resume: "Resume",
  cancel: "Cancel run",
  cancelSure: "Cancel this run?",
  cancelWhy: "Running processes are ended on every machine. What is finished is kept.",
  cancelKeep: "Keep running",
  frozen: (processes: number, machines: number) =>
    `${one(processes, "process", "processes")} frozen on ${one(machines, "machine", "machines")}`,
  freezing: "Freezing…",
  frozenNone: "Paused. Nothing was running.",
  unconfirmed: (machine: string, running: number) => `${machine} has not confirmed yet: ${running} still running`,
  draining: (count: number) =>
    count === 0 ? "Paused. Everything under way has finished." : `${one(count, "task", "tasks")} still finishing`,
  graph: "Graph",
  gantt: "Gantt",
  critical: "Critical path",
  tree: "Tree",
  views: "Views of the run",
  layingOut: "Arranging the graph…",
  approvals: (count: number) => `${one(count, "step needs", "steps need")} your approval`,
  show: "Show",
  collecting: "Bringing the files home from the machines…",
  collected: "Files are home",
  collectedIn: "Files are home in",
  notCollected: {
    what: "The files could not be brought home",
    why: (reason: string | null) => reason ?? "The coordinator gave no reason.",
    todo: (folder: string | null) =>
      folder === null
        ? "Run it again with a folder to bring files to: lanweave run … --out FOLDER."
        : `The run itself is completed. Check that the machines that made the files are online and that ${folder} can be written, then run it again.`,
  },
  stateSays: (name: string, state: string) => `${name}: ${state}`,
};
