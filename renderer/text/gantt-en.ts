export const gantt = {
  label: (workflow: string) =>
    `Gantt chart of ${workflow}. Left and right move between tasks, plus and minus zoom, 0 shows all.`,
  empty: "Nothing has begun yet",
  emptyWhy: "Each task is drawn here on the machine that does it, from its start to its end.",
  busy: (percent: number) => `${percent} % busy`,
  nobody: "No machine",
  hint: "Ctrl and the wheel zoom, Shift and the wheel move.",
};
