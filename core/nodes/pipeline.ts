import type { Opening } from "./opening.ts";

/** A pipeline starts with the first of its nodes; `judgeAll` says what their ends mean. Rule NODE-4. */
export function openPipeline(): Opening {
  return { kind: "open", contents: { shape: "nodes", branch: null }, reason: "its nodes run in order" };
}
