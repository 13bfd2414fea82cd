import type { Text } from "./en.ts";

export const run: Text["run"] = {
  elapsed: "已用时间",
  pause: "暂停",
  pauseHow: "暂停方式",
  freeze: "立即冻结",
  freezeWhy: "在每台机器上原地停住所有进程。",
  drain: "等正在运行的任务结束",
  drainWhy: "不再启动新任务，已在运行的会做完。",
  resume: "继续",
  cancel: "取消运行",
  cancelSure: "取消这次运行？",
  cancelWhy: "所有机器上正在运行的进程都会结束，已完成的结果会保留。",
  cancelKeep: "继续运行",
  frozen: (processes, machines) => `已在 ${machines} 台机器上冻结 ${processes} 个进程`,
  freezing: "正在冻结…",
  frozenNone: "已暂停，当时没有进程在运行。",
  unconfirmed: (machine, running) => `${machine} 尚未确认：还有 ${running} 个在运行`,
  draining: (count) => (count === 0 ? "已暂停，正在进行的任务都已结束。" : `还有 ${count} 个任务正在收尾`),
  graph: "图",
  gantt: "甘特图",
  critical: "关键路径",
  tree: "树",
  views: "运行视图",
  layingOut: "正在排列图…",
  approvals: (count) => `${count} 个步骤等待您批准`,
  show: "查看",
  collecting: "正在从各台机器取回文件…",
  collected: "文件已取回",
  collectedIn: "文件已取回到",
  notCollected: {
    what: "文件没能取回",
    why: (reason) => reason ?? "协调器没有说明原因。",
    todo: (folder) =>
      folder === null
        ? "请指定取回文件的文件夹后重新运行：lanweave run … --out 文件夹。"
        : `运行本身已完成。请确认生成文件的机器在线、${folder} 可以写入，然后重新运行。`,
  },
  stateSays: (name, state) => `${name}：${state}`,
};
