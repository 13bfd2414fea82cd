import type { Text } from "./en.ts";

export const gantt: Text["gantt"] = {
  label: (workflow) => `${workflow} 的甘特图。左右键在任务间移动，加减键缩放，0 显示全部。`,
  empty: "还没有任务开始",
  emptyWhy: "每个任务会画在执行它的机器上，从开始到结束。",
  busy: (percent) => `忙碌 ${percent} %`,
  nobody: "无机器",
  hint: "Ctrl 加滚轮缩放，Shift 加滚轮移动。",
};
