import type { Text } from "./en.ts";

export const metrics: Text["metrics"] = {
  title: "度量",
  run: "运行",
  node: "任务",
  sortBy: "排序",
  orders: { total: "总计", execution: "执行", wait: "等待", document: "文件顺序" },
  tasksDone: "任务",
  busyTime: "执行时间",
  speedup: "并行倍数",
  speedupWhy: (factor) => `是实际经过时间的 ${factor} 倍`,
  wallTime: "经过时间",
  empty: "还没有度量数据",
  emptyWhy: "运行中每个已结束任务的等待、执行和总时间会显示在这里。",
  noTasks: "这次运行还没有已结束的任务。",
};
