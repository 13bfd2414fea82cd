import type { FieldProblem } from "#core/view/input-fields.ts";
import type { Mark } from "#core/view/mark.ts";
import type { DurationUnits } from "#core/view/duration.ts";
import { errors } from "./errors-en.ts";
import { fleet } from "./fleet-en.ts";
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
  library: {
    title: "Library",
    list: "Workflows",
    empty: "No workflows yet",
    emptyWhy: "Workflow files of the library appear here, with their last runs.",
    choose: "Choose a workflow",
    chooseWhy: "Its graph and its inputs appear here, ready to run.",
    never: "never run",
    steps: (count: number) => one(count, "step", "steps"),
    problems: (count: number) => one(count, "problem", "problems"),
    warnings: (count: number) => one(count, "warning", "warnings"),
    problemAt: (line: number, column: number) => `Line ${line}, column ${column}`,
    didYouMean: (text: string) => `Did you mean ${text}?`,
    run: "Run",
    runHere: "Use this machine and run",
    useThisMachine: "Use this machine",
    noMachine: "No machine takes work yet",
    noMachineWhy: "Start with the one you are sitting at. Others can join at any time, also while a run is under way.",
    inputs: "Inputs",
    noInputs: "This workflow asks for nothing.",
    optional: "optional",
    preview: "Preview",
    source: "Source",
    notFound: "There is no workflow of this name in the library",
  },
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
  runs: {
    title: "Runs",
    empty: "No runs yet",
    emptyWhy: "Every run is kept here with all that happened in it.",
    toLibrary: "Open the library",
    workflow: "Workflow",
    started: "Started",
    duration: "Duration",
    progress: "Progress",
  },
  run: {
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
  },
  graph: {
    label: (workflow: string) => `Graph of ${workflow}. Arrow keys move between nodes, plus and minus zoom, 0 fits.`,
    role: "graph",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Fit to window",
    collapseAll: "Close all containers",
    expandAll: "Open all containers",
    minimap: "Map of the graph",
    close: (name: string) => `Close ${name}`,
    open: (name: string) => `Open ${name}`,
  },
  tree: { label: "Nodes of the run", node: "Node", machine: "Machine", time: "Time", attempt: "Attempt" },
  node: {
    panel: "Node",
    tabs: { state: "State", log: "Log", result: "Result", files: "Files" },
    closePanel: "Close node panel",
    resizePanel: "Width of the node panel",
    path: "Path",
    type: "Type",
    types: {
      task: "Task",
      pipeline: "Pipeline",
      parallel: "Parallel",
      conditional: "Conditional",
      loop: "Loop",
      subworkflow: "Subworkflow",
      group: "Group",
    },
    level: "Level",
    reason: "Reason",
    attempt: "Attempt",
    machine: "Machine",
    started: "Started",
    ended: "Ended",
    waitsFor: "Waits for",
    wait: "Wait",
    execution: "Execution",
    total: "Total",
    timing: "Timing",
    error: "Error",
    asks: "This step waits for a person.",
    notThere: "This node is not part of the run any more.",
    actions: {
      approve: "Approve",
      deny: "Deny",
      complete: "Complete by hand…",
      skip: "Skip",
      retry: "Retry from here",
      cancel: "Cancel node",
    },
    completeTitle: "Complete by hand",
    completeWhy: "The node counts as completed with the result you give, and what depends on it goes on.",
    completeResult: "Result (JSON)",
    complete: "Complete",
    noLog: "No output yet",
    noLogWhy: "What the task prints appears here as it comes.",
    noLogTask: "Only tasks have a log. Choose one of the tasks inside.",
    follow: "Follow",
    logLabel: "Log",
    logLines: (count: number) => one(count, "line", "lines"),
    noResult: "No result yet",
    noResultWhy: "A node has a result once it is completed.",
    resultNull: "Completed without a result.",
    noFiles: "No files",
    noFilesWhy: "Files a task declares as its output are listed here.",
    file: "File",
    size: "Size",
    digest: "SHA-256",
  },
  fleet,
  metrics: {
    title: "Metrics",
    run: "Run",
    node: "Task",
    sortBy: "Sorted by",
    orders: { total: "Total", execution: "Execution", wait: "Wait", document: "Document order" },
    tasksDone: "Tasks",
    busyTime: "Execution time",
    speedup: "Side by side",
    speedupWhy: (factor: string) => `${factor}× the time that passed`,
    wallTime: "Time that passed",
    empty: "Nothing measured yet",
    emptyWhy: "Wait, execution and total time of every finished task of a run appear here.",
    noTasks: "No task of this run has finished yet.",
  },
  settings: {
    title: "Settings",
    look: "Appearance",
    language: "Language",
    languages: { en: "English", zh: "简体中文" },
    languageSystem: "As the system",
    about: "About",
    product: "Product",
    appName: "This app's name on the network",
    appId: "This app's identity",
    protocol: "Window protocol",
    platform: "Shown in",
    browser: "Browser",
    desktop: "Desktop app",
    credits: "The graph uses Svelte Flow and the Eclipse Layout Kernel.",
  },
};

/** The catalogue: every language has exactly these keys. */
export type Text = typeof en;
