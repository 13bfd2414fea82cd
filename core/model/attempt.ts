import type { Json } from "../base/json.ts";
import type { AgentId, EpochMs, Millis, NodePath, RunId } from "./id.ts";
import type { FileRef } from "./run.ts";

/**
 * One try of one task on one agent. `fence` rises with every try and every re-placement of the run, so an older holder of the same
 * node can be told from the present one. Rule FLEET-5.
 */
export interface AttemptKey {
  readonly run: RunId;
  readonly path: NodePath;
  readonly fence: number;
}

/** A key as one string: the same for equal keys, different for different ones. */
export function toKeyText(key: AttemptKey): string {
  return `${key.run}/${key.path}#${key.fence}`;
}

/** What an agent is to do, every template filled in. */
export interface AttemptSpec {
  readonly key: AttemptKey;
  /** Counts from 1; a re-placement after a lost agent keeps it. */
  readonly attempt: number;
  readonly level: number;
  readonly workflow: string;
  readonly action: ResolvedAction;
  readonly result: "text" | "json" | "lines" | "none";
  readonly environment: Readonly<Record<string, string>>;
  readonly filesIn: readonly InputFile[];
  /** Globs in the working directory. */
  readonly filesOut: readonly string[];
  /** Null: no limit. Frozen time does not count. */
  readonly timeoutMs: Millis | null;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** When its node could first start, by the app's clock. Absent: the app does not tell. */
  readonly readyAt?: EpochMs;
}

export type ResolvedAction =
  | { readonly kind: "run"; readonly script: string; readonly shell: "sh" | "bash" | "pwsh" }
  | { readonly kind: "argv"; readonly argv: readonly string[] }
  | { readonly kind: "script"; readonly module: string; readonly export: string; readonly args: Json }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Json;
      readonly expect: readonly number[];
    }
  | { readonly kind: "sleep"; readonly durationMs: Millis }
  | { readonly kind: "noop" };

/** A file to lie in the working directory before the task starts, and who has it. */
export interface InputFile extends FileRef {
  /** Agents of the same app that hold it; empty: the app has put it into the agent's own store before. */
  readonly holders: readonly FileHolder[];
}

/** Where an agent's files can be fetched: its front door, and the key it must prove. */
export interface FileHolder {
  readonly agent: AgentId;
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What one attempt asks for, every expression resolved. Rule FLEET-7. */
export interface ResolvedRequirements {
  readonly labels: readonly string[];
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly exclusive: boolean;
  /** A name or an id, or null. */
  readonly agent: string | null;
}
