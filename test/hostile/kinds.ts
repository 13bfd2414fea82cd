import type { FuzzKind } from "./fuzz-kind.ts";
import { appLinkKind } from "./kinds/app-links.ts";
import { dnsKind } from "./kinds/dns.ts";
import { doorKind, pairerKind } from "./kinds/doors.ts";
import { journalKind, snapshotKind } from "./kinds/durable.ts";
import { fileClientKind, fileServerKind } from "./kinds/files.ts";
import { frameKind } from "./kinds/frames.ts";
import {
  agentMessageKind,
  appMessageKind,
  fileMessageKind,
  hostFrameKind,
  pairingMessageKind,
  reportKind,
} from "./kinds/messages.ts";
import { linkKind } from "./kinds/links.ts";
import { expressionKind, workflowKind } from "./kinds/workflow.ts";

/** Every way in. The weights are parts of all cases. */
export const KINDS: readonly FuzzKind[] = [
  appMessageKind,
  agentMessageKind,
  fileMessageKind,
  pairingMessageKind,
  hostFrameKind,
  reportKind,
  dnsKind,
  workflowKind,
  expressionKind,
  journalKind,
  snapshotKind,
  frameKind,
  linkKind,
  appLinkKind,
  doorKind,
  pairerKind,
  fileServerKind,
  fileClientKind,
];

/** How many cases of each kind make `cases` in all. */
export function share(cases: number, kinds: readonly FuzzKind[]): ReadonlyMap<FuzzKind, number> {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(kinds.map((kind) => [kind, Math.max(1, Math.round((cases * kind.weight) / total))]));
}
