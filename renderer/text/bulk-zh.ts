import type { Text } from "./en.ts";

export const bulk: Text["bulk"] = {
  label: "已选节点",
  chosen: (count) => `已选 ${count} 个节点`,
  choose: "选择同类的全部",
  all: (mark, count) => `${mark}：全部 ${count} 个`,
  none: "取消选择",
  actions: {
    retry: "从这里重试",
    skip: "跳过",
    approve: "批准",
    deny: "拒绝",
    complete: "手动完成…",
    cancel: "取消",
  },
  done: (count) => `已处理 ${count} 个节点。`,
  moreRefused: (count) => `另有 ${count} 个无法更改`,
  cancelSure: (count) => `取消 ${count} 个节点？`,
  cancelWhy: "它们的进程会被结束，已完成的部分会保留。",
};
