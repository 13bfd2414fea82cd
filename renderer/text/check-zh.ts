import type { Text } from "./en.ts";

export const check: Text["check"] = {
  title: "为什么看不到我的机器？",
  looking: "本应用正在网络上寻找代理。",
  notLooking: "本应用启动时关闭了网络发现：请去掉 --no-discovery 重新启动，或按地址添加机器。",
  networks: (names) => `本机的网络：${names}`,
  noNetwork: "本机没有连接任何网络：请先连接，再检查一次。",
  seen: (count) => `在网络上发现了 ${count} 个代理。`,
  noneSeen: "网络上没有发现代理。",
  tunnel: (names) => `VPN 已开启（${names}）：许多 VPN 会隔离局域网中的机器，请关闭后再试。`,
  hints: "最常见的原因",
  started: "代理没有运行：请在那台机器上运行 “lanweave agent” 并保持运行。",
  firewall: "防火墙拦截：请在两台机器上放行 UDP 5353（mDNS）和代理的端口。",
  isolation: "Wi-Fi 隔离了访客设备（“客户端隔离”）：请改用主网络或网线。",
  segment: "机器在不同的网络中：mDNS 无法穿过路由器，请按地址添加机器。",
  address: "检查某个地址是否有回应",
  again: "再检查一次",
  probe: {
    answers: "有回应：可按此地址添加",
    refused: "机器在，但该端口没有程序监听：代理在运行吗？",
    silent: "没有回应：可能是防火墙，或没有这台机器",
    unreachable: "从本机无法到达该地址",
    "unknown-name": "无法解析该名称：请改用 IP 地址",
    failed: "连接失败",
  },
};
