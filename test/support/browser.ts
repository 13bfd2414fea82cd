import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { findChromium } from "./electron-standin/chromium.ts";

/** Why no page can be looked at here, or false: for `test(name, { skip: noBrowser() })`. */
export function noBrowser(): string | false {
  return findChromium() === undefined ? "no Chromium: install chromium or name one in CHROMIUM" : false;
}

/** A headless Chromium that asks nobody outside for anything. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium");
  const quiet = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ];
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...quiet, ...root] });
}

/** What went wrong in the pages of a context: errors thrown, and errors on their consoles (blocked by the CSP, for one). */
export function complaints(context: BrowserContext): readonly string[] {
  const found: string[] = [];
  context.on("weberror", (error) => found.push(error.error().message));
  context.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  return found;
}
