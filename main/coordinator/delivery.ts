import type { AttemptSpec, FileHolder, InputFile } from "#core/model/attempt.ts";
import type { AgentId, NodePath } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { FileDesk, FileTroubleCode } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { MAX_HOLDER_ADDRESSES } from "#core/protocol/limits.ts";
import { type AppMessage, appMessageSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";
import type { FileHolders } from "./file-holders.ts";
import { passOn } from "./passing-on.ts";
import { toMessage } from "./to-error.ts";

export interface DeliveryPorts {
  readonly files: FileDesk;
  readonly holders: FileHolders;
  readonly target: (agent: AgentId) => LinkTarget | null;
  /** The node of the run whose outcome has the file, or null. */
  readonly maker: (file: FileRef) => NodePath | null;
  readonly clock: Clock;
}

/**
 * Makes an attempt ready to be sent: names who holds each file it needs, and puts files of the workflow's folder into the agent's
 * store. Rejects with an error that names the file. Rule FLEET-9.
 */
export async function prepareAssignment(
  attempt: {
    readonly spec: AttemptSpec;
    readonly agent: AgentId;
    readonly globs: readonly string[];
    readonly folder: string | null;
  },
  ports: DeliveryPorts,
  signal: CancelSignal,
): Promise<AppMessage> {
  const { spec, agent, folder } = attempt;
  for (const file of spec.filesIn) checkHeld(file, ports);
  const own = await findOwn(attempt, ports.files);
  const target = ports.target(agent);
  if (target === null) throw new FileTrouble("unreachable", "the agent is not paired any more");
  for (const file of own) await ports.files.put(target, folder ?? "", file, signal);
  for (const file of spec.filesIn) {
    await passOn(file, spec.key.run, target, ports, signal).catch((error: unknown) => {
      throw toUndelivered(file, error);
    });
  }
  const filesIn = [
    ...spec.filesIn.map((file) => withHolders(file, agent, ports)),
    ...own.map((file) => ({ ...file, holders: [] })),
  ];
  return toAssignment({ ...spec, filesIn });
}

/** Throws when there is nobody left to ask for the file. */
function checkHeld(file: FileRef, { holders, maker }: DeliveryPorts): void {
  if (holders.of(file.sha256).length === 0) throw new FileTrouble("gone", toGone(file, maker(file)));
}

/** No agent has a file of another node any more: what that means, and what to do. */
export function toGone({ name }: FileRef, maker: NodePath | null): string {
  const why = "files of a run are kept until it is over, and then only as long as there is room";
  const from = maker === null ? "" : ` of “${maker}”`;
  const advice =
    maker === null
      ? "run again what made it"
      : `retry “${maker}”: it makes the file again, and what follows it runs again`;
  return `the file ${JSON.stringify(name)}${from} is on no agent any more (${why}): ${advice}`;
}

/** Whatever kept a file from being passed on, it was on the way, and no fault of the workflow's. */
function toUndelivered({ name }: InputFile, error: unknown): FileTrouble {
  return new FileTrouble("unreachable", `the file ${JSON.stringify(name)} could not be passed on: ${toMessage(error)}`);
}

/** Files of the workflow's folder: what `files.in` matches, and the module of a script with what it imports; each name once. */
async function findOwn(
  { spec, globs, folder }: Pick<Parameters<typeof prepareAssignment>[0], "spec" | "globs" | "folder">,
  files: FileDesk,
): Promise<readonly FileRef[]> {
  const own = new Map<string, FileRef>();
  const add = (found: readonly FileRef[]): void => found.forEach((file) => own.set(file.name, file));
  for (const glob of globs) add(await files.find(toFolder(folder, `files.in: “${glob}”`), glob));
  const { action } = spec;
  if (action.kind === "script")
    add(await files.findModules(toFolder(folder, `script: the module “${action.module}”`), action.module));
  return [...own.values()];
}

function toFolder(folder: string | null, what: string): string {
  if (folder !== null) return folder;
  throw new FileTrouble("no-match", `${what} is looked for in the workflow's folder, and this run has none`);
}

/** Checked as the agent will check it: what it would refuse must not reach the link, which it would end. */
export function toAssignment(spec: AttemptSpec): AppMessage {
  const parsed = parseMessage(appMessageSchema, { kind: "assign", spec });
  if (parsed.ok) return parsed.value;
  throw new FileTrouble("not-allowed", `it cannot be sent to an agent: ${parsed.error}`);
}

/** Why an attempt could not be delivered. */
class FileTrouble extends Error {
  readonly code: FileTroubleCode;

  constructor(code: FileTroubleCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function toTrouble(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "failed";
  return { code, message: toMessage(error) };
}

/** The agent that is to work with it is none: what it has it does not ask for. */
function withHolders(file: InputFile, receiver: AgentId, ports: DeliveryPorts): InputFile {
  const holders = ports.holders.of(file.sha256).flatMap((agent): FileHolder[] => {
    const target = agent === receiver ? null : ports.target(agent);
    return target === null
      ? []
      : [
          {
            agent,
            fingerprint: target.fingerprint,
            addresses: target.addresses.slice(0, MAX_HOLDER_ADDRESSES),
            port: target.port,
          },
        ];
  });
  return { ...file, holders };
}
