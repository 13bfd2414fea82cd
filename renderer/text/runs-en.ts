export const runs = {
  title: "Runs",
  empty: "No runs yet",
  emptyWhy: "Every run is kept here with all that happened in it.",
  toLibrary: "Open the library",
  workflow: "Workflow",
  started: "Started",
  duration: "Duration",
  progress: "Progress",
};
