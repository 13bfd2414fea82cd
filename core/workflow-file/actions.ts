import { isModuleName, MODULE_ENDINGS } from "../model/module-walk.ts";
import type { TaskAction, Template } from "../model/workflow.ts";
import { toDuration } from "./fault.ts";
import { addProblem, below, describePath, toScript, toTemplate, toTree, type Spot } from "./place.ts";
import type { Shell } from "../expression/shell.ts";
import { ACTION_KEYS, type RawActions } from "./schema.ts";

/**
 * The one thing a task does. Reports none or several; `unsound` names keys that are there but could not be read, which count.
 * Rule FILE-3.
 */
export function toAction(raw: RawActions, unsound: ReadonlySet<string>, spot: Spot, shell: Shell): TaskAction {
  const given = ACTION_KEYS.filter((key) => raw[key] !== undefined || unsound.has(key));
  if (given.length !== 1) {
    const found = given.length === 0 ? "none of them" : given.join(" and ");
    addProblem(spot, "task-kind", `expected exactly one of ${ACTION_KEYS.join(", ")}, found ${found}`);
  }
  if (raw.shell !== undefined && raw.run === undefined && !unsound.has("run"))
    addProblem(below(spot, "shell"), "task-kind", "shell goes with run only");
  if (raw.run !== undefined) {
    const chosen = raw.shell ?? shell;
    return { kind: "run", script: toScript(below(spot, "run"), raw.run, chosen), shell: chosen };
  }
  if (raw.argv !== undefined)
    return { kind: "argv", argv: raw.argv.map((word, index) => toTemplate(below(spot, "argv", index), word)) };
  if (raw.script !== undefined) return toScriptAction(raw.script, below(spot, "script"));
  if (raw.http !== undefined) return toHttp(raw.http, below(spot, "http"));
  if (raw.sleep !== undefined) return { kind: "sleep", durationMs: toDuration(raw.sleep, below(spot, "sleep")) };
  if (raw.approve !== undefined) return { kind: "approve", question: toTemplate(below(spot, "approve"), raw.approve) };
  return { kind: "noop" };
}

function toScriptAction(raw: NonNullable<RawActions["script"]>, spot: Spot): TaskAction {
  const at = below(spot, "module");
  const refusal = describePath(raw.module);
  if (refusal !== null) addProblem(at, "path", `${refusal}, found "${raw.module}"`);
  else if (!isModuleName(raw.module))
    addProblem(at, "path", `expected a file that ends in ${MODULE_ENDINGS.join(", ")}, found "${raw.module}"`);
  else checkModule(raw.module, at);
  return {
    kind: "script",
    module: raw.module,
    export: raw.export ?? "default",
    args: toTree(below(spot, "args"), raw.args ?? null),
  };
}

function checkModule(module: string, at: Spot): void {
  if (at.file.problems.isFull) return;
  const problem = at.file.checkModule(module);
  if (problem !== null) addProblem(at, "module", problem);
}

function toHttp(raw: NonNullable<RawActions["http"]>, spot: Spot): TaskAction {
  return {
    kind: "http",
    method: raw.method ?? "GET",
    url: toTemplate(below(spot, "url"), raw.url),
    headers: toTemplates(raw.headers, below(spot, "headers")),
    body: raw.body === undefined ? null : toTree(below(spot, "body"), raw.body),
    expect: raw.expect === undefined ? [] : typeof raw.expect === "number" ? [raw.expect] : raw.expect,
  };
}

/** A map of templates. */
export function toTemplates(
  raw: Readonly<Record<string, string | number | boolean>> | undefined,
  spot: Spot,
): Readonly<Record<string, Template>> {
  const entries = Object.entries(raw ?? {});
  return Object.fromEntries(
    entries.map(([key, value]): [string, Template] => [key, toTemplate(below(spot, key), value)]),
  );
}
