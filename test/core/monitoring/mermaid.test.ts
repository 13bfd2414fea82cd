import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { drawDefinition, drawRun } from "#core/monitoring/visualizer.ts";
import { noBrowser, openBrowser } from "#test/support/browser.ts";
import { parseFile, ROOT, sound } from "../workflow-file/support.ts";
import { HOSTILE, hostile, hostileIds } from "./hostile.ts";
import { line, path as at, runOf } from "./support.ts";

/** What the page gets from Mermaid's own bundle. */
declare const mermaid: {
  initialize(settings: object): void;
  parse(text: string): Promise<unknown>;
  render(id: string, text: string): Promise<{ readonly svg: string }>;
};

const BUNDLE = path.join(path.dirname(fileURLToPath(import.meta.resolve("mermaid"))), "mermaid.min.js");

/** What Mermaid says against each text; empty when it takes all of them. */
function complaintsOf(page: Page, texts: readonly string[]): Promise<readonly string[]> {
  return page.evaluate(async (given) => {
    const found: string[] = [];
    for (const text of given) {
      try {
        await mermaid.parse(text);
      } catch (error) {
        found.push(`${String(error)}\n${text}`);
      }
    }
    return found;
  }, texts);
}

/** The labels of nodes and subgraphs as Mermaid shows them, sorted. */
function shown(page: Page, text: string): Promise<readonly string[]> {
  return page.evaluate(async (given) => {
    const { svg } = await mermaid.render("picture", given);
    const holder = document.createElement("div");
    holder.innerHTML = svg;
    document.body.append(holder);
    for (const line of holder.querySelectorAll("br")) line.replaceWith("\n");
    const labels = [...holder.querySelectorAll(".nodeLabel")].map((label) => label.textContent ?? "");
    holder.remove();
    return labels.sort();
  }, text);
}

describe("Mermaid", { skip: noBrowser() }, () => {
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    await page.addScriptTag({ path: BUNDLE });
    await page.evaluate(() => mermaid.initialize({ startOnLoad: false, maxTextSize: 1_000_000 }));
  });
  after(() => browser.close());

  test("[MET-2] Mermaid's own parser accepts every example and a run, and refuses what is no picture", async () => {
    const files = readdirSync(path.join(ROOT, "examples")).filter((file) => file.endsWith(".yaml"));
    const texts = files.map((file) => drawDefinition(sound(parseFile("examples", file)), "mermaid"));
    const run = runOf([
      line("list", "task", "completed"),
      line("resize", "parallel", "running", { label: "Resize 图", dependsOn: [at("list")] }),
      line("resize[0]", "group", "completed"),
      line("resize[0]/one", "task", "suspended", { attempt: 2 }),
      line("rest", "task", "skipped", { dependsOn: [at("resize")] }),
    ]);
    assert.deepEqual(await complaintsOf(page, [...texts, drawRun(run, "mermaid")]), []);
    assert.equal((await complaintsOf(page, ['flowchart TB\n  n0["a]'])).length, 1);
  });

  test("[MET-2] Mermaid shows hostile labels and ids as they are", async () => {
    const labels = HOSTILE.filter((label) => label.isWellFormed() && !/[\u0000-\u0008]/.test(label) && label !== "");
    for (const label of labels) {
      const cut = label.length > 200 ? `${label.slice(0, 199).replace(/[\ud800-\udbff]$/, "")}…` : label;
      const text = cut.replaceAll("$$", "$\u200b$\u200b").replace("fa:fa-", "fa:\u200bfa-");
      const want = [`${text}\nnoop`, "p\nparallel", "q\nnoop"];
      assert.deepEqual(await shown(page, drawDefinition(hostileIds([label]), "mermaid")), [...want].sort(), label);
    }
  });

  test("[MET-2] whatever the labels and ids, Mermaid's own parser accepts the picture", async () => {
    const label = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 60 }), fc.string());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(label, { minLength: 1, maxLength: 5 }), { minLength: 10, maxLength: 20 }),
        async (lists) => {
          const texts = lists.flatMap((labels) => [hostile(labels), hostileIds([...new Set(labels)])]);
          const complaints = await complaintsOf(
            page,
            texts.map((one) => drawDefinition(one, "mermaid")),
          );
          assert.deepEqual(complaints, []);
        },
      ),
      { numRuns: 3 },
    );
  });
});
