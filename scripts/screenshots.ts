import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type Page, chromium } from "playwright-core";
import { lanweave } from "./lanweave-process.ts";

// Takes the pictures of docs/images from the real window: a coordinator, four agents on this machine, a run of the picture.
// `node scripts/screenshots.ts [FOLDER]`; needs a Chromium (CHROMIUM, or /usr/bin/chromium).

const ROOT = path.resolve(import.meta.dirname, "..");
const OUT = path.resolve(process.argv[2] ?? path.join(ROOT, "docs/images"));
const NAMES = ["studio", "attic", "workshop", "lab"];
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

interface Ready {
  readonly name: string;
  readonly code: string;
  readonly port: number;
}

const work = mkdtempSync(path.join(tmpdir(), "lanweave-screenshots-"));
const data = ["--data", path.join(work, "data")];
const children: ChildProcess[] = [];
mkdirSync(OUT, { recursive: true });
try {
  await main();
} finally {
  for (const child of children.reverse()) await end(child);
  rmSync(work, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const address = await first(start(["serve", "--port", "0", ...data]), (line) => /http\S+/.exec(line)?.[0]);
  const agents = await Promise.all(NAMES.map(startAgent));
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    await eachLook(browser, address, "first", WIDE, (page, shot) => fresh(page, shot));
    for (const agent of agents.slice(0, 3))
      await lanweave("pair", `127.0.0.1:${String(agent.port)}`, agent.code, ...data);
    await eachLook(browser, address, "wide", WIDE, (page, shot) => tour(page, shot));
    await eachLook(browser, address, "narrow", NARROW, (page, shot) => narrowTour(page, shot));
  } finally {
    await browser.close();
  }
}

type Shot = (name: string) => Promise<void>;

async function eachLook(
  browser: Browser,
  address: string,
  what: string,
  viewport: { width: number; height: number },
  visit: (page: Page, shot: Shot) => Promise<void>,
): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [language, locale] of [
      ["en", "en-US"],
      ["zh", "zh-CN"],
    ] as const) {
      const context = await browser.newContext({ viewport, colorScheme, locale });
      const page = await context.newPage();
      await page.goto(address);
      await page.getByRole("heading").first().waitFor();
      const suffix = what === "narrow" ? "-narrow" : "";
      await visit(page, async (name) => {
        await page.waitForTimeout(600);
        await page.screenshot({ path: path.join(OUT, `${name}-${colorScheme}-${language}${suffix}.png`) });
      });
      await context.close();
    }
  }
}

async function go(page: Page, route: string): Promise<void> {
  await page.goto(`${page.url().split("#")[0] ?? ""}#${route}`);
  await page.waitForTimeout(400);
}

/** Before anything is paired. */
async function fresh(page: Page, shot: Shot): Promise<void> {
  await go(page, "/library");
  await shot("first");
}

async function tour(page: Page, shot: Shot): Promise<void> {
  await go(page, "/library/picture");
  await page.waitForTimeout(800);
  await shot("library");
  await go(page, "/fleet");
  await shot("fleet");
  await page.getByRole("button", { name: /^(Pair|配对) lab$/ }).click();
  await shot("pairing");
  await page.keyboard.press("Escape");
  const run = await startRun();
  await go(page, `/runs/${run}`);
  await page.waitForTimeout(2_500);
  await shot("run");
  await lanweave("pause", run, ...data);
  await page.waitForTimeout(800);
  await shot("frozen");
  await lanweave("resume", run, ...data);
  await lanweave("cancel", run, ...data);
  await go(page, "/runs");
  await shot("runs");
}

async function narrowTour(page: Page, shot: Shot): Promise<void> {
  for (const name of ["library", "fleet", "runs"]) {
    await go(page, `/${name}`);
    await shot(name);
  }
  const run = await startRun();
  await go(page, `/runs/${run}`);
  await page.waitForTimeout(2_000);
  await shot("run");
  await lanweave("cancel", run, ...data);
}

async function startRun(): Promise<string> {
  const shown = await lanweave(
    "run",
    "examples/picture.yaml",
    "--detach",
    "--json",
    "--out",
    work,
    "--input",
    "iterations=4000",
    ...data,
  );
  return (JSON.parse(shown.trim().split("\n").at(-1) ?? "") as { run: string }).run;
}

async function startAgent(name: string): Promise<Ready> {
  const child = start([
    "agent",
    "--name",
    name,
    "--slots",
    "1",
    "--port",
    "0",
    "--json",
    "--data",
    path.join(work, name),
  ]);
  return first(child, (line) => {
    const ready = JSON.parse(line) as Ready & { kind: string };
    return ready.kind === "agent-ready" ? ready : undefined;
  });
}

function start(parameters: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/lanweave.js"), ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

function first<T>(child: ChildProcess, pick: (line: string) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("it ended before it was ready")));
    if (child.stdout === null) return reject(new Error("it has no output"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const picked = pick(line);
      if (picked !== undefined) resolve(picked);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
