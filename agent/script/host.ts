import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { ScriptContext } from "#core/model/script-context.ts";
import { createContext } from "./context.ts";
import type { ScriptAnswer, ScriptOrder } from "./order.ts";
import { whyNoJson } from "./returned-value.ts";

// The process that calls one function of a workflow's module. It runs under Node's permission model, with what it imports allowed to be
// read: so it imports nothing but its own folder and Node.

/** Frames of a stack that are shown. */
const SHOWN_FRAMES = 8;
const HERE = new URL(".", import.meta.url).href;

type ScriptFunction = (args: unknown, context: ScriptContext<AbortSignal>) => unknown;

const [orderPath = ""] = process.argv.slice(2);
const order = JSON.parse(readFileSync(orderPath, "utf8")) as ScriptOrder;
/** The workflow's folder, as far as it was brought here. */
const FOLDER = new URL("../".repeat(order.module.split("/").length - 1) + ".", pathToFileURL(order.modulePath));
let isAnswered = false;

/** What was asked for first counts: the process is on its way out from there. */
function answer(answer: ScriptAnswer): void {
  if (isAnswered) return;
  isAnswered = true;
  writeFileSync(order.answerPath, JSON.stringify(answer));
}

function fail(code: string, message: string): void {
  answer({ kind: "failed", code, message });
}

process.on("uncaughtException", (error: unknown) => {
  failWith(error);
  void leave(1);
});
process.on("exit", (code) => {
  if (code === 0 || code === 13)
    fail(
      "script",
      `the function "${order.export}" never came to an end: nothing is left that could settle its promise`,
    );
  else fail("script", `the script ended its process with exit code ${code} before its function returned`);
});

let stop: AbortController | undefined;

/** Before somebody asks for it, SIGTERM does what it always does: it ends the process, also one that is busy. */
function getSignal(): AbortSignal {
  if (stop === undefined) {
    const controller = new AbortController();
    process.on("SIGTERM", () => controller.abort(new Error("the attempt is stopped")));
    stop = controller;
  }
  return stop.signal;
}

function failWith(error: unknown): void {
  if (!(error instanceof Error)) return fail("exception", `the script threw ${inspect(error, { depth: 2 })}`);
  const message = `${error.name}: ${error.message}`;
  const frames = framesOf(error);
  process.stderr.write(`${[message, ...frames].join("\n")}\n`);
  fail("exception", [message, ...frames.slice(0, 1)].join("\n"));
}

/** Where in the module it happened. */
function framesOf({ stack = "" }: Error): readonly string[] {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.filter((line) => !/\bnode:|<anonymous>\)$/.test(line) && !line.includes(HERE));
  return own.slice(0, SHOWN_FRAMES).map((line) => toShown(line).replace("    at", "  at"));
}

/** With the names that the workflow has for its files. */
function toShown(text: string): string {
  return text.replaceAll(FOLDER.href, "").replaceAll(fileURLToPath(FOLDER), "");
}

async function importModule(): Promise<Record<string, unknown> | null> {
  try {
    return (await import(pathToFileURL(order.modulePath).href)) as Record<string, unknown>;
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
    const place = error instanceof Error ? (framesOf(error)[0] ?? sourceLine(error)) : "";
    fail("script", toShown(`the module "${order.module}" cannot be loaded: ${[why, place].join("\n").trimEnd()}`));
    return null;
  }
}

/** Of source that is no TypeScript, the place stands above the message. */
function sourceLine({ stack = "" }: Error): string {
  const [first = ""] = stack.split("\n");
  return /^\S.*:\d+$/.test(first) ? `  at ${first}` : "";
}

async function load(): Promise<ScriptFunction | null> {
  const loaded = await importModule();
  if (loaded === null) return null;
  const found = loaded[order.export];
  if (typeof found === "function") return found as ScriptFunction;
  const names = Object.keys(loaded).filter((name) => typeof loaded[name] === "function");
  const there = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
  const what = found === undefined ? "no such export" : `a ${typeof found}`;
  fail("script", `expected "${order.module}" to export a function "${order.export}", found ${what}; ${there}`);
  return null;
}

function toAnswer(value: unknown): ScriptAnswer {
  const problem = whyNoJson(value, order.maxResultDepth);
  if (problem !== null)
    return { kind: "failed", code: "result", message: `the function "${order.export}" returned ${problem}` };
  const text = JSON.stringify(value ?? null);
  const sizeBytes = Buffer.byteLength(text);
  return sizeBytes > order.maxResultBytes
    ? { kind: "too-large", sizeBytes }
    : { kind: "returned", result: value ?? null };
}

/** What is still in the pipes goes first: on some systems Node writes to them later. */
async function leave(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  process.exit(code);
}

async function main(): Promise<number> {
  try {
    const call = await load();
    if (call === null) return 1;
    const context = createContext(order, process.env, getSignal);
    answer(toAnswer(await call(order.args, context)));
    return 0;
  } catch (error) {
    failWith(error);
    return 1;
  }
}

await leave(await main());
