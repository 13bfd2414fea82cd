import type { Shell } from "../expression/shell.ts";
import type { Expression, Requirements, TaskDefinition, Template } from "../model/workflow.ts";
import { toAction, toTemplates } from "./actions.ts";
import { addProblem, below, toExpression, toRelative, toTemplate, withLocals, type Spot } from "./place.ts";
import type { RawFault, RawNeeds, RawTask } from "./schema.ts";
import { parseSize } from "./units.ts";

/** What tasks inherit. The templates in it were checked where they stand. */
export interface Defaults {
  readonly fault: RawFault | undefined;
  readonly needs: Requirements;
  readonly environment: Readonly<Record<string, Template>>;
  readonly shell: Shell;
  readonly result: TaskDefinition["result"];
}

export const NO_NEEDS: Requirements = { labels: [], cpus: 0, memoryBytes: 0, gpus: 0, exclusive: false, agent: null };

/** All of a task but what every node has. */
export function toTask(
  raw: RawTask,
  unsound: ReadonlySet<string>,
  spot: Spot,
  defaults: Defaults,
): Omit<TaskDefinition, "id" | "label" | "dependsOn" | "fault"> {
  const action = toAction(raw, unsound, spot, defaults.shell);
  return {
    type: "task",
    action,
    result: raw.result ?? defaults.result,
    environment: { ...defaults.environment, ...toTemplates(raw.environment, below(spot, "environment")) },
    files: {
      in: toList(raw.files?.in).map((text, index) => toRelative(fileSpot(spot, "in", raw.files?.in, index), text)),
      out: toList(raw.files?.out).map((text, index) => toRelative(fileSpot(spot, "out", raw.files?.out, index), text)),
    },
    needs: toNeeds(raw.needs, below(spot, "needs"), defaults.needs),
    compensate:
      raw.compensate === undefined
        ? null
        : toAction(raw.compensate, new Set(), withResult(below(spot, "compensate")), defaults.shell),
    set: toSet(raw.set, withResult(below(spot, "set"))),
  };
}

/** Where the task's own result is there to be named: after it is done. Rules FAULT-4, FILE-8. */
function withResult(spot: Spot): Spot {
  return { ...spot, place: withLocals(spot.place, "result") };
}

/** What a task asks of its agent, over what it inherits, key by key. */
export function toNeeds(raw: RawNeeds | undefined, spot: Spot, inherited: Requirements): Requirements {
  if (raw === undefined) return inherited;
  return {
    labels: raw.labels === undefined ? inherited.labels : toList(raw.labels),
    cpus: raw.cpus ?? inherited.cpus,
    memoryBytes: raw.memory === undefined ? inherited.memoryBytes : toBytes(raw.memory, below(spot, "memory")),
    gpus: raw.gpus ?? inherited.gpus,
    exclusive: raw.exclusive ?? inherited.exclusive,
    agent: raw.agent === undefined ? inherited.agent : toTemplate(below(spot, "agent"), raw.agent),
  };
}

/** One text or several, as a list. */
export function toList(raw: string | readonly string[] | undefined): readonly string[] {
  if (raw === undefined) return [];
  return typeof raw === "string" ? [raw] : raw;
}

function fileSpot(spot: Spot, side: "in" | "out", raw: string | readonly string[] | undefined, index: number): Spot {
  return typeof raw === "string" ? below(spot, "files", side) : below(spot, "files", side, index);
}

function toBytes(raw: number | string, spot: Spot): number {
  const bytes = parseSize(String(raw));
  if (bytes === null) addProblem(spot, "size", `expected a size such as 512KiB or 1GiB, found ${raw}`);
  return bytes ?? 0;
}

function toSet(raw: RawTask["set"], spot: Spot): Readonly<Record<string, Expression>> {
  const entries = Object.entries(raw ?? {});
  return Object.fromEntries(
    entries.map(([name, source]): [string, Expression] => [name, toExpression(below(spot, name), source)]),
  );
}
