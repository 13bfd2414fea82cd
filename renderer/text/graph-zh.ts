import type { Text } from "./en.ts";

export const graph: Text["graph"] = {
  label: (workflow) => `${workflow} 的图。方向键在节点间移动，加号和减号缩放，0 适应窗口。`,
  role: "图",
  levels: "显示的层级",
  level: (levels) => `${levels} 层`,
  wholeRun: "整个运行",
  zoomIn: "放大",
  zoomOut: "缩小",
  fit: "适应窗口",
  collapseAll: "收起全部容器",
  expandAll: "展开全部容器",
  minimap: "图的缩略图",
  close: (name) => `收起 ${name}`,
  open: (name) => `展开 ${name}`,
};
