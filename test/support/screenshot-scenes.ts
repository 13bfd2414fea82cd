import type { Page } from "playwright-core";
import type { RealWindow } from "./real-window.ts";
import { playRun, startRun } from "./window-world.ts";

/** One picture: where it is taken, and what is done before. `NAME=RUN` in a place stands for the run of that name. */
export interface Scene {
  readonly name: string;
  readonly place: string;
  readonly before?: (window: RealWindow, runs: ReadonlyMap<string, string>) => Promise<void>;
  readonly act?: (page: Page) => Promise<void>;
}

/** Every page and every part that has a picture of its own. */
export const SCENES: readonly Scene[] = [
  { name: "library", place: "#/library/steps" },
  { name: "runs", place: "#/runs" },
  { name: "run-graph", place: "#/runs/picture=RUN/graph" },
  { name: "run-tree", place: "#/runs/steps=RUN/tree" },
  { name: "fleet", place: "#/fleet" },
  { name: "metrics", place: "#/metrics/steps=RUN" },
  { name: "settings", place: "#/settings" },
];

/** The runs that the pictures show, by name. */
export async function prepareScenes(window: RealWindow): Promise<ReadonlyMap<string, string>> {
  const runs = new Map<string, string>();
  for (const name of ["steps", "fails", "picture"]) runs.set(name, await playRun(window, name));
  runs.set("asks", await startRun(window, "asks"));
  return runs;
}
