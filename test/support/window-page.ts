import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { findChromium } from "./electron-standin/chromium.ts";

const BUILT = fileURLToPath(new URL("../../dist/renderer/index.html", import.meta.url));
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--headless",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Why the window cannot be tested here; null when it can. */
export function windowObstacle(): string | null {
  if (findChromium() === undefined) return "no Chromium: install chromium, or name one in CHROMIUM";
  return existsSync(BUILT) ? null : "the window is not built: run `npm run build` first";
}

/** How a page is opened. */
export interface PageLook {
  readonly theme: "light" | "dark";
  readonly language: "en" | "zh";
  readonly width: number;
  readonly height: number;
}

export const WIDE: PageLook = { theme: "light", language: "en", width: 1_440, height: 900 };

/** Starts the browser the window is looked at with. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? "chromium", args: SWITCHES });
}

/** What axe finds wrong with a page, one line each. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // The window has no frames of others: no second page is needed to gather what is found.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
