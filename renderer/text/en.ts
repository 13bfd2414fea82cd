import type { FieldProblem } from "#core/view/input-fields.ts";
import type { Mark } from "#core/view/mark.ts";
import type { DurationUnits } from "#core/view/duration.ts";
import { errors } from "./errors-en.ts";
import { bulk } from "./bulk-en.ts";
import { check } from "./check-en.ts";
import { fleet } from "./fleet-en.ts";
import { gantt } from "./gantt-en.ts";
import { graph } from "./graph-en.ts";
import { keys } from "./keys-en.ts";
import { library } from "./library-en.ts";
import { metrics } from "./metrics-en.ts";
import { node } from "./node-en.ts";
import { run } from "./run-en.ts";
import { runs } from "./runs-en.ts";
import { settings } from "./settings-en.ts";
import { welcome } from "./welcome-en.ts";
import { time } from "./time-en.ts";
import { one } from "./plural.ts";

const marks: Readonly<Record<Mark, string>> = {
  blocked: "Waiting",
  held: "Held",
  queued: "Queued",
  backoff: "Backing off",
  running: "Running",
  asking: "Needs approval",
  suspended: "Frozen",
  completed: "Completed",
  failed: "Failed",
  skipped: "Skipped",
  cancelled: "Cancelled",
};

const units: DurationUnits = { millisecond: "ms", second: "s", minute: "m", hour: "h", day: "d" };

export const en = {
  app: { name: "Lanweave", skip: "Skip to content" },
  nav: {
    label: "Main",
    library: "Library",
    runs: "Runs",
    fleet: "Fleet",
    metrics: "Metrics",
    welcome: "Welcome",
    settings: "Settings",
    narrow: "Narrow sidebar",
    wide: "Wide sidebar",
  },
  top: {
    where: "Where you are",
    search: "Search or jump to…",
    theme: "Theme",
    themes: { system: "System", light: "Light", dark: "Dark" },
    language: "Language",
    pulse: (reachable: number, paired: number) => `${reachable} of ${paired} machines`,
    pulseNone: "No machines yet",
    pulseSlots: (running: number, slots: number) => `${running} of ${one(slots, "slot", "slots")} in use`,
    retry: "Try now",
  },
  palette: {
    title: "Go to or do",
    empty: "Nothing fits.",
    pages: "Pages",
    workflows: "Workflows",
    runs: "Runs",
    machines: "Machines",
  },
  mark: marks,
  units,
  words: {
    none: "–",
    cancel: "Cancel",
    close: "Close",
    copy: "Copy",
    copied: "Copied",
    loading: "Loading…",
    state: "State",
    of: (done: number, total: number) => `${done} of ${total}`,
    tasks: (count: number) => one(count, "task", "tasks"),
    justNow: "just now",
  },
  errors,
  errorOther: { what: "That did not work", todo: "Try again. If it stays, the coordinator's log says more." },
  library,
  keys,
  problem: (problem: FieldProblem): string => {
    switch (problem.kind) {
      case "required":
        return "Please fill this in.";
      case "not-a-number":
        return "This must be a number.";
      case "not-whole":
        return "This must be a whole number.";
      case "too-small":
        return `At least ${problem.limit}.`;
      case "too-large":
        return `At most ${problem.limit}.`;
      case "pattern":
        return `This must match ${problem.pattern}.`;
      case "not-json":
        return 'This must be JSON, such as [1, 2] or {"a": 1}.';
    }
  },
  runs,
  run,
  graph,
  tree: { label: "Nodes of the run", node: "Node", machine: "Machine", time: "Time", attempt: "Attempt" },
  node,
  fleet,
  check,
  bulk,
  gantt,
  welcome,
  metrics,
  settings,
  time,
};

/** The catalogue: every language has exactly these keys. */
export type Text = typeof en;
