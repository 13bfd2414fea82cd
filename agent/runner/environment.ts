import { type AttemptSpec } from "#core/model/attempt.ts";
import type { AgentId, EpochMs } from "#core/model/id.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Of the agent's own environment, what a Windows program cannot start without. */
const WINDOWS_BASE = ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "windir"];
/** Where a task writes its reports: the third pipe it is started with. */
const REPORT_PATH = "/dev/fd/3";

/**
 * Everything a task's process sees: a short base, what the workflow gave, and who it is. Nothing of the agent's own
 * environment beyond PATH. Documented in docs/agent.md. Rules FLEET-10, NODE-10.
 */
export function taskEnvironment(
  spec: AttemptSpec,
  places: AttemptPlaces,
  of: {
    readonly agent: { readonly id: AgentId; readonly name: string };
    /** The agent's own. */
    readonly own: NodeJS.ProcessEnv;
    readonly now: EpochMs;
  },
): Record<string, string> {
  const { run, path } = spec.key;
  const { agent, own, now } = of;
  return {
    ...(process.platform === "win32" ? pick(own, WINDOWS_BASE) : {}),
    PATH: own["PATH"] ?? own["Path"] ?? DEFAULT_PATH,
    HOME: places.home,
    TMPDIR: places.temporary,
    ...(process.platform === "win32" ? { TEMP: places.temporary, TMP: places.temporary } : {}),
    LANG: "C.UTF-8",
    ...spec.environment,
    LANWEAVE_RUN: run,
    LANWEAVE_PATH: path,
    LANWEAVE_LEVEL: String(spec.level),
    // A process that reads it runs, so there is nothing else it could be.
    LANWEAVE_STATE: "running",
    LANWEAVE_ATTEMPT: String(spec.attempt),
    LANWEAVE_KEY: `${run}/${path}`,
    LANWEAVE_WORKFLOW: spec.workflow,
    ...(spec.readyAt === undefined ? {} : { LANWEAVE_READY_AT: String(spec.readyAt) }),
    LANWEAVE_STARTED_AT: String(now),
    LANWEAVE_AGENT: agent.name,
    LANWEAVE_AGENT_ID: agent.id,
    ...(process.platform === "win32" ? {} : { LANWEAVE_REPORT: REPORT_PATH }),
  };
}

function pick(from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
