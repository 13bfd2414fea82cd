import type { DurationUnits } from "#core/view/duration.ts";
import type { FieldProblem } from "#core/view/input-fields.ts";
import type { Mark } from "#core/view/mark.ts";
import type { Text } from "./en.ts";
import { errors } from "./errors-zh.ts";
import { bulk } from "./bulk-zh.ts";
import { check } from "./check-zh.ts";
import { fleet } from "./fleet-zh.ts";
import { gantt } from "./gantt-zh.ts";
import { graph } from "./graph-zh.ts";
import { keys } from "./keys-zh.ts";
import { library } from "./library-zh.ts";
import { metrics } from "./metrics-zh.ts";
import { node } from "./node-zh.ts";
import { run } from "./run-zh.ts";
import { runs } from "./runs-zh.ts";
import { settings } from "./settings-zh.ts";
import { welcome } from "./welcome-zh.ts";
import { time } from "./time-zh.ts";

const marks: Readonly<Record<Mark, string>> = {
  blocked: "等待中",
  held: "已搁置",
  queued: "排队中",
  backoff: "稍后重试",
  running: "运行中",
  asking: "待批准",
  suspended: "已冻结",
  completed: "已完成",
  failed: "失败",
  skipped: "已跳过",
  cancelled: "已取消",
};

const units: DurationUnits = { millisecond: "毫秒", second: "秒", minute: "分", hour: "小时", day: "天" };

export const zh: Text = {
  app: { name: "Lanweave", skip: "跳到正文" },
  nav: {
    label: "主导航",
    library: "工作流库",
    runs: "运行记录",
    fleet: "机器",
    metrics: "度量",
    welcome: "欢迎",
    settings: "设置",
    narrow: "收起侧栏",
    wide: "展开侧栏",
  },
  top: {
    where: "当前位置",
    search: "搜索或跳转…",
    theme: "主题",
    themes: { system: "跟随系统", light: "浅色", dark: "深色" },
    language: "语言",
    pulse: (reachable, paired) => `${paired} 台机器中 ${reachable} 台在线`,
    pulseNone: "还没有机器",
    pulseSlots: (running, slots) => `${slots} 个槽位已用 ${running} 个`,
    retry: "立即重试",
  },
  palette: {
    title: "前往或执行",
    empty: "没有匹配项。",
    pages: "页面",
    workflows: "工作流",
    runs: "运行记录",
    machines: "机器",
  },
  mark: marks,
  units,
  words: {
    none: "–",
    cancel: "取消",
    close: "关闭",
    copy: "复制",
    copied: "已复制",
    loading: "载入中…",
    state: "状态",
    of: (done, total) => `${done} / ${total}`,
    tasks: (count) => `${count} 个任务`,
    justNow: "刚刚",
  },
  errors,
  errorOther: { what: "操作没有成功", todo: "请重试。如果仍然如此，协调器的日志里有更多信息。" },
  library,
  keys,
  problem: (problem: FieldProblem): string => {
    switch (problem.kind) {
      case "required":
        return "请填写此项。";
      case "not-a-number":
        return "必须是数字。";
      case "not-whole":
        return "必须是整数。";
      case "too-small":
        return `不得小于 ${problem.limit}。`;
      case "too-large":
        return `不得大于 ${problem.limit}。`;
      case "pattern":
        return `必须符合 ${problem.pattern}。`;
      case "not-json":
        return '必须是 JSON，例如 [1, 2] 或 {"a": 1}。';
    }
  },
  runs,
  run,
  graph,
  tree: { label: "运行的节点", node: "节点", machine: "机器", time: "时间", attempt: "尝试" },
  node,
  fleet,
  check,
  bulk,
  gantt,
  welcome,
  metrics,
  settings,
  time,
};
