import type { DesktopText } from "./catalogue.ts";
import { english } from "./en.ts";
import { simplifiedChinese } from "./zh-cn.ts";

/** The shell's words for a locale as Electron names it (`zh-CN`, `en-GB`); English for every language it does not speak. */
export function desktopText(locale: string): DesktopText {
  return /^zh\b/i.test(locale) ? simplifiedChinese : english;
}
