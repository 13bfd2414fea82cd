import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { AttemptSpec, InputFile } from "#core/model/attempt.ts";
import { specOf, type TestLink } from "./agent-link.ts";
import { type AgentWorld, makeWorld } from "./agent-world.ts";

const NEVER = new AbortController().signal;

/** A real agent, and modules that are brought to it as the coordinator does. */
export interface ScriptWorld {
  readonly world: AgentWorld;
  readonly link: TestLink;
  /** Hands a script to the agent, and returns what it was told to do. */
  start(path: string, call: ScriptCall, more?: Partial<AttemptSpec>): Promise<AttemptSpec>;
  /** The same, and waits for what becomes of it: the result, or `CODE: MESSAGE`. */
  call(path: string, call: ScriptCall, more?: Partial<AttemptSpec>): Promise<unknown>;
  outcome(spec: AttemptSpec): Promise<unknown>;
}

interface ScriptCall {
  readonly files: Readonly<Record<string, string>>;
  readonly module: string;
  readonly export?: string;
  readonly args?: AttemptSpec["action"] extends infer Action
    ? Action extends { readonly kind: "script"; readonly args: infer Args }
      ? Args
      : never
    : never;
}

export async function makeScriptWorld(context: TestContext, ...flags: readonly string[]): Promise<ScriptWorld> {
  const world = await makeWorld(context, ...flags);
  const link = await world.connect();
  const bring = async (folder: string, { files, module }: ScriptCall): Promise<readonly InputFile[]> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const found = await world.app.files.findModules(folder, module);
    for (const file of found) await world.app.files.put(world.agent.target, folder, file, NEVER);
    return found.map((file) => ({ ...file, holders: [] }));
  };
  const start = async (path: string, call: ScriptCall, more: Partial<AttemptSpec> = {}): Promise<AttemptSpec> => {
    const filesIn = await bring(join(world.folder, `workflow-${path}`), call);
    const { module, args = null } = call;
    const action = { kind: "script", module, export: call.export ?? "default", args } as const;
    const spec = specOf(path, "", { action, filesIn, ...more });
    link.assign(spec);
    return spec;
  };
  const outcome = async (spec: AttemptSpec): Promise<unknown> => {
    const found = await link.outcome(spec.key);
    if (found.kind === "success") return found.result;
    return found.kind === "failure" ? `${found.failure.code}: ${found.failure.message}` : found.kind;
  };
  return {
    world,
    link,
    start,
    outcome,
    call: async (path, call, more) => outcome(await start(path, call, more)),
  };
}
