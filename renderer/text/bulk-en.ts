import { one } from "./plural.ts";

export const bulk = {
  label: "Chosen nodes",
  chosen: (count: number) => `${one(count, "node", "nodes")} chosen`,
  choose: "Choose all of a kind",
  all: (mark: string, count: number) => `${mark}: all ${count}`,
  none: "Choose none",
  actions: {
    retry: "Retry from here",
    skip: "Skip",
    approve: "Approve",
    deny: "Deny",
    complete: "Complete by hand…",
    cancel: "Cancel",
  },
  done: (count: number) => `Done for ${one(count, "node", "nodes")}.`,
  moreRefused: (count: number) => `and ${count} more could not be changed`,
  cancelSure: (count: number) => `Cancel ${one(count, "node", "nodes")}?`,
  cancelWhy: "Their processes are ended. What is finished is kept.",
};
