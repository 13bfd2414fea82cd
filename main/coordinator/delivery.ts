import type { AttemptSpec, FileHolder, InputFile } from "#core/model/attempt.ts";
import type { AgentId } from "#core/model/id.ts";
import type { FileRef } from "#core/model/run.ts";
import type { CancelSignal } from "#core/base/cancel.ts";
import type { FileDesk } from "#core/ports/files.ts";
import type { LinkTarget } from "#core/ports/link.ts";
import type { AppMessage } from "#core/protocol/messages.ts";
import type { FileHolders } from "./file-holders.ts";

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
      throw new Error(`files.in: “${glob}” is looked for in the workflow's folder, and this run has none`);
    own.push(...(await ports.files.find(folder, glob)));
  }
  const target = ports.target(agent);
  if (target === null) throw new Error("the agent is not paired any more");
  for (const file of own) await ports.files.put(target, folder ?? "", file, signal);
  const filesIn = [
    ...spec.filesIn.map((file) => withHolders(file, ports)),
    ...own.map((file) => ({ ...file, holders: [] })),
  ];
  return { kind: "assign", spec: toWire({ ...spec, filesIn }) };
}

/** The wire's own shape: the same fields, mutable. */
export function toWire(spec: AttemptSpec): Extract<AppMessage, { kind: "assign" }>["spec"] {
  return structuredClone(spec) as unknown as Extract<AppMessage, { kind: "assign" }>["spec"];
}

function withHolders(file: InputFile, ports: DeliveryPorts): InputFile {
  const holders = ports.holders.of(file.sha256).flatMap((agent): FileHolder[] => {
    const target = ports.target(agent);
    return target === null
      ? []
      : [{ agent, fingerprint: target.fingerprint, addresses: target.addresses, port: target.port }];
  });
  return { ...file, holders };
}
