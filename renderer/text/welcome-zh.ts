import type { Text } from "./en.ts";

export const welcome: Text["welcome"] = {
  title: "欢迎使用 Lanweave",
  what: "让您的机器成为一个工作流引擎。三步，两分钟，无需编辑文件。",
  thisMachine: "使用本机",
  thisMachineWhy: "在本机启动一个代理，以您的用户身份接受工作。",
  others: "添加局域网中的机器",
  firewall:
    "系统可能会询问是否允许 Lanweave 访问网络：它需要借此找到您的机器。任何数据都不会离开您的网络，在您输入配对码之前，没有机器会为您工作。",
  sample: "运行一个示例",
  sampleWhy: "一幅分成 24 块的图像：看它们分布到各台机器上。运行时可以按“暂停”。",
  run: "运行图像示例",
  skip: "跳过，前往工作流库",
};
