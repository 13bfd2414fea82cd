import type { Text } from "./en.ts";

export const settings: Text["settings"] = {
  title: "设置",
  look: "外观",
  language: "语言",
  languages: { en: "English", zh: "简体中文" },
  languageSystem: "跟随系统",
  about: "关于",
  product: "产品",
  appName: "本应用在网络中的名称",
  appId: "本应用的身份",
  protocol: "窗口协议",
  platform: "显示于",
  browser: "浏览器",
  desktop: "桌面应用",
  credits: "图使用了 Svelte Flow 与 Eclipse Layout Kernel。",
};
