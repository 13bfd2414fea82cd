import type { AttemptSpec, FileHolder, InputFile } from "#core/model/attempt.ts";
import type { AgentId } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { FileDesk, FileTroubleCode } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import { MAX_HOLDER_ADDRESSES } from "#core/protocol/limits.ts";
import { type AppMessage, appMessageSchema } from "#core/protocol/messages.ts";
import type { FileHolders } from "./file-holders.ts";
import { toMessage } from "./to-error.ts";

export interface DeliveryPorts {
  readonly files: FileDesk;
  readonly holders: FileHolders;
  readonly target: (agent: AgentId) => LinkTarget | null;
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
  const { spec, agent, globs, folder } = attempt;
  const own: FileRef[] = [];
  for (const glob of globs) {
    if (folder === null)
      throw new FileTrouble(
        "no-match",
        `files.in: “${glob}” is looked for in the workflow's folder, and this run has none`,
      );
    own.push(...(await ports.files.find(folder, glob)));
  }
  const target = ports.target(agent);
  if (target === null) throw new FileTrouble("unreachable", "the agent is not paired any more");
  for (const file of own) await ports.files.put(target, folder ?? "", file, signal);
  const filesIn = [
    ...spec.filesIn.map((file) => withHolders(file, agent, ports)),
    ...own.map((file) => ({ ...file, holders: [] })),
  ];
  return toAssignment({ ...spec, filesIn });
}

/** Checked as the agent will check it: what it would refuse must not reach the link, which it would end. */
export function toAssignment(spec: AttemptSpec): AppMessage {
  const parsed = appMessageSchema.safeParse({ kind: "assign", spec });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.slice(1).join(".") ?? "";
  throw new FileTrouble(
    "not-allowed",
    `it cannot be sent to an agent: ${where}: ${issue?.message ?? "it is malformed"}`,
  );
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
