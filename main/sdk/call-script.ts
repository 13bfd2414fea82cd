import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Json } from "#core/base/json.ts";
import type { AttemptSpec, ResolvedAction } from "#core/model/attempt.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { TaskContext } from "./make-context.ts";
import type { ScriptContext } from "./script-context.ts";

type ScriptAction = Extract<ResolvedAction, { readonly kind: "script" }>;
type ScriptFunction = (args: Json, context: ScriptContext) => unknown;

/** Calls the function of a `script` task in this process: what an agent does in a Node of its own, without its permissions. */
export async function callScript(
  { module, export: name, args }: ScriptAction,
  folder: string,
  context: ScriptContext,
): Promise<unknown> {
  const loaded: Record<string, unknown> = await import(pathToFileURL(path.resolve(folder, module)).href);
  const found = loaded[name];
  if (isScript(found)) return found(args, context);
  const names = Object.keys(loaded).filter((one) => typeof loaded[one] === "function");
  const there = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
  throw Object.assign(new Error(`expected "${module}" to export a function "${name}"; ${there}`), { code: "script" });
}

function isScript(value: unknown): value is ScriptFunction {
  return typeof value === "function";
}

/** What a script is told on an agent, of this process. */
export function toScriptContext(
  context: TaskContext,
  { key }: AttemptSpec,
  clock: Clock,
  signal: AbortSignal,
): ScriptContext {
  const startedMs = clock.monotonicMs();
  const { run, workflow, path: at, level, attempt, metrics, metric, log, progress, event } = context;
  return {
    run,
    workflow,
    path: at,
    level,
    state: "running",
    attempt,
    key: `${key.run}/${key.path}`,
    agent: { id: "", name: "this process" },
    timing: { readyAt: null, startedAt: clock.now(), elapsedMs: () => Math.round(clock.monotonicMs() - startedMs) },
    metrics,
    metric,
    log,
    signal,
    progress,
    event,
  };
}
