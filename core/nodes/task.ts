import type { Json, JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { evaluateExpression, renderShell, renderTemplate, renderText, renderTree } from "../expression/evaluate.ts";
import type { ScopeValues } from "../expression/scope.ts";
import type { ResolvedAction, ResolvedRequirements } from "../model/attempt.ts";
import { MAX_FILES } from "../model/limits.ts";
import type { FileRef, NodeFailure } from "../model/run.ts";
import type { Requirements, TaskAction, TaskDefinition, Template } from "../model/workflow.ts";
import type { AttemptPlan } from "./attempt-plan.ts";
import { parseFiles } from "./file-refs.ts";
import { findPlanProblem } from "./plan-problem.ts";
import { findVariablesProblem } from "./value-limits.ts";

/** An approval happens inside the engine, everything else on an agent. Rule FILE-3. */
export type AgentAction = Exclude<TaskAction, { readonly kind: "approve" }>;

/**
 * What an agent is to do for a task, or for its `compensate`, every template filled in. Fails as expressions fail, and with code `plan`
 * where a value is none that an agent can be given.
 */
export function planAttempt(
  definition: TaskDefinition,
  action: AgentAction,
  attempt: number,
  scope: ScopeValues,
): Result<AttemptPlan, NodeFailure> {
  const resolved = resolveAction(action, scope);
  if (!resolved.ok) return resolved;
  const environment = renderRecord(definition.environment, scope);
  if (!environment.ok) return environment;
  const files = resolveFiles(definition.files.in, scope);
  if (!files.ok) return files;
  const filesOut = renderAll(definition.files.out, scope);
  if (!filesOut.ok) return filesOut;
  const needs = resolveNeeds(definition, scope);
  if (!needs.ok) return needs;
  const plan: AttemptPlan = {
    attempt,
    action: resolved.value,
    result: definition.result,
    environment: environment.value,
    filesIn: files.value.refs,
    globs: files.value.globs,
    filesOut: filesOut.value,
    timeoutMs: definition.fault.timeoutMs,
    needs: needs.value,
  };
  const problem = findPlanProblem(plan);
  return problem === null ? ok(plan) : err({ code: "plan", message: problem });
}

/** The variables a completed task writes; `scope` has its result. Rule FILE-9. */
export function evaluateSet(definition: TaskDefinition, scope: ScopeValues): Result<JsonObject, NodeFailure> {
  const entries: [string, Json][] = [];
  for (const [name, expression] of Object.entries(definition.set)) {
    const value = evaluateExpression(expression, scope);
    if (!value.ok) return value;
    entries.push([name, value.value]);
  }
  const variables: JsonObject = Object.fromEntries(entries);
  const problem = findVariablesProblem(variables);
  return problem === null ? ok(variables) : err(problem);
}

function resolveAction(action: AgentAction, scope: ScopeValues): Result<ResolvedAction, NodeFailure> {
  switch (action.kind) {
    case "run": {
      const script = renderShell(action.script, scope, action.shell);
      return script.ok ? ok({ kind: "run", script: script.value, shell: action.shell }) : script;
    }
    case "argv": {
      const argv = renderAll(action.argv, scope);
      return argv.ok ? ok({ kind: "argv", argv: argv.value }) : argv;
    }
    case "script": {
      const args = renderTree(action.args, scope);
      return args.ok ? ok({ kind: "script", module: action.module, export: action.export, args: args.value }) : args;
    }
    case "http":
      return resolveHttp(action, scope);
    case "sleep":
      return ok({ kind: "sleep", durationMs: action.durationMs });
    case "noop":
      return ok({ kind: "noop" });
  }
}

function resolveHttp(
  action: Extract<TaskAction, { readonly kind: "http" }>,
  scope: ScopeValues,
): Result<ResolvedAction, NodeFailure> {
  const url = renderText(action.url, scope);
  if (!url.ok) return url;
  const headers = renderRecord(action.headers, scope);
  if (!headers.ok) return headers;
  const body = renderTree(action.body, scope);
  if (!body.ok) return body;
  const { method, expect } = action;
  return ok({ kind: "http", method, url: url.value, headers: headers.value, body: body.value, expect });
}

/** Only a memo: a scheduler tells equal needs of many attempts apart faster when they are the same. */
const plainNeeds = new WeakMap<Requirements, ResolvedRequirements>();

function resolveNeeds({ needs }: TaskDefinition, scope: ScopeValues): Result<ResolvedRequirements, NodeFailure> {
  const { labels, cpus, memoryBytes, gpus, exclusive } = needs;
  if (needs.agent === null) {
    let plain = plainNeeds.get(needs);
    if (plain === undefined)
      plainNeeds.set(needs, (plain = { labels, cpus, memoryBytes, gpus, exclusive, agent: null }));
    return ok(plain);
  }
  const agent = renderText(needs.agent, scope);
  return agent.ok ? ok({ labels, cpus, memoryBytes, gpus, exclusive, agent: agent.value }) : agent;
}

/** Text is a glob of the workflow's folder; files of other nodes come as they are, alone or in lists. Rule FLEET-9. */
function resolveFiles(
  entries: readonly Template[],
  scope: ScopeValues,
): Result<{ readonly refs: readonly FileRef[]; readonly globs: readonly string[] }, NodeFailure> {
  const refs: FileRef[] = [];
  const globs: string[] = [];
  for (const entry of entries) {
    const value = renderTemplate(entry, scope);
    if (!value.ok) return value;
    const files = parseFiles(value.value, MAX_FILES);
    if (!files.ok) return wrongFile(entry.source, files.error);
    if (files.value.nulls > 0) return wrongFile(entry.source, "found null");
    for (const ref of files.value.refs) refs.push(ref);
    for (const text of files.value.texts) globs.push(text);
  }
  return ok({ refs, globs });
}

function wrongFile(source: string, problem: string): Result<never, NodeFailure> {
  const message = `an entry of "files.in" must be text or files of another node: ${problem}, in ${source}`;
  return err({ code: "expression", message });
}

function renderAll(templates: readonly Template[], scope: ScopeValues): Result<readonly string[], NodeFailure> {
  const texts: string[] = [];
  for (const template of templates) {
    const text = renderText(template, scope);
    if (!text.ok) return text;
    texts.push(text.value);
  }
  return ok(texts);
}

function renderRecord(
  templates: Readonly<Record<string, Template>>,
  scope: ScopeValues,
): Result<Readonly<Record<string, string>>, NodeFailure> {
  const entries: [string, string][] = [];
  for (const [name, template] of Object.entries(templates)) {
    const text = renderText(template, scope);
    if (!text.ok) return text;
    entries.push([name, text.value]);
  }
  return ok(Object.fromEntries(entries));
}
