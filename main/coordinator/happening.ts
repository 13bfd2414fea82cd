import type { JsonObject } from "#core/base/json.ts";
import type { Result } from "#core/base/result.ts";
import type { Kept } from "#core/engine/fork.ts";
import type { RunInput } from "#core/engine/input.ts";
import type { AgentId, NodePath, RunId } from "#core/model/id.ts";
import type { ForkPoint } from "#core/model/run.ts";
import type { WorkflowDefinition } from "#core/model/workflow.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import type { Sighting } from "#core/ports/discovery.ts";
import type { LinkFailure } from "#core/ports/link.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";

/** Told once the happening is durable, or why it was refused. */
export interface Reply {
  done(seq: number): void;
  failed(error: Error): void;
}

/** Everything that can happen to a coordinator. Callbacks only put one of these into the queue; the loop handles them in order. */
export type Happening =
  | { readonly kind: "run-create"; readonly create: RunCreation; readonly reply: Reply }
  | { readonly kind: "run-input"; readonly run: RunId; readonly input: RunInput; readonly reply: Reply | null }
  | { readonly kind: "run-delete"; readonly run: RunId; readonly reply: Reply }
  | { readonly kind: "timer"; readonly run: RunId; readonly timer: string }
  | { readonly kind: "link-opened"; readonly agent: AgentId; readonly address: string }
  | { readonly kind: "link-message"; readonly agent: AgentId; readonly message: AgentMessage }
  | { readonly kind: "link-closed"; readonly agent: AgentId; readonly failure: LinkFailure }
  | { readonly kind: "sighting"; readonly sighting: Sighting }
  | { readonly kind: "sighting-gone"; readonly agent: AgentId }
  | {
      readonly kind: "attempt-undeliverable";
      readonly run: RunId;
      readonly path: NodePath;
      readonly fence: number;
      /** Of `FileTroubleCode`, or another when it was no file. */
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: "certificate-signed"; readonly agent: AgentId; readonly signed: Result<SignedCertificate, string> }
  | { readonly kind: "unpair"; readonly agent: AgentId; readonly reply: Reply }
  | { readonly kind: "fleet-changed"; readonly agent: AgentId }
  | { readonly kind: "tick" };

/** Whether there is nothing left of it once it was handled: what comes next stands for it. */
export function isPassing(happening: Happening): boolean {
  if (happening.kind === "tick") return true;
  return happening.kind === "link-message" && PASSING.has(happening.message.kind);
}

const PASSING: ReadonlySet<AgentMessage["kind"]> = new Set(["heartbeat", "pong"]);

export interface RunCreation {
  readonly run: RunId;
  readonly definition: WorkflowDefinition;
  readonly inputs: JsonObject;
  readonly folder: string | null;
  readonly out: string | null;
  readonly by: string;
  /** What it keeps of another run. Rule SNAP-5. */
  readonly fork?: { readonly from: ForkPoint; readonly kept: Kept };
}
