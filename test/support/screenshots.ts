import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { ROOT } from "./fleet.ts";
import { RealWindow } from "./real-window.ts";
import type { Scene } from "./screenshot-scenes.ts";
import { SCENES, prepareScenes } from "./screenshot-scenes.ts";
import type { PageLook } from "./window-page.ts";
import { WORLD_LIBRARY } from "./window-world.ts";

// Takes the pictures of docs/images from the real window, with real agents that work: every page, in both languages and themes, wide and
// narrow. `node test/support/screenshots.ts [FOLDER] [--only NAME]… [--width wide|narrow]`.

const QUALITY = 86;
/** For what moves by itself to come to rest. */
const SETTLE_MS = 500;
const SIZES = { wide: { width: 1_440, height: 900 }, narrow: { width: 390, height: 844 } };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", multiple: true }, width: { type: "string" } },
});
const folder = path.resolve(positionals[0] ?? path.join(ROOT, "docs/images"));
mkdirSync(folder, { recursive: true });
const window = await RealWindow.start({
  machines: ["studio", "attic", "workshop"],
  slots: 2,
  discovery: true,
  library: WORLD_LIBRARY,
});
try {
  await window.startMachine("lab", { discovery: true });
  const runs = await prepareScenes(window);
  const wanted = SCENES.filter(({ name }) => values.only === undefined || values.only.includes(name));
  for (const [size, { width, height }] of Object.entries(SIZES)) {
    if (values.width !== undefined && values.width !== size) continue;
    for (const theme of ["light", "dark"] as const)
      for (const language of ["en", "zh"] as const) await tour({ theme, language, width, height }, size, wanted, runs);
  }
} finally {
  await window.dispose();
}

async function tour(
  look: PageLook,
  size: string,
  scenes: readonly Scene[],
  runs: ReadonlyMap<string, string>,
): Promise<void> {
  const { page, context } = await window.open("#/library", look);
  for (const scene of scenes) {
    const place = scene.place.replace(/(\w+)=RUN/, (_, name: string) => runs.get(name) ?? "");
    try {
      await scene.before?.(window, runs);
      await window.visit(page, place);
      await scene.act?.(page);
    } catch (error) {
      console.log(`${scene.name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
    await page.waitForTimeout(SETTLE_MS);
    const suffix = size === "wide" ? "" : `-${size}`;
    await take(page, path.join(folder, `${scene.name}-${look.theme}-${look.language}${suffix}.webp`));
  }
  await context.close();
}

async function take(page: Page, file: string): Promise<void> {
  const chromium = await page.context().newCDPSession(page);
  const { data } = await chromium.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  writeFileSync(file, Buffer.from(data, "base64"));
  await chromium.detach();
}
