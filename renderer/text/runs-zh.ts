import type { Text } from "./en.ts";

export const runs: Text["runs"] = {
  title: "运行记录",
  empty: "还没有运行记录",
  emptyWhy: "每次运行及其全部经过都会保存在这里。",
  toLibrary: "打开工作流库",
  workflow: "工作流",
  started: "开始",
  duration: "时长",
  progress: "进度",
};
