import type { Brand } from "../base/brand.ts";

/** `a/b/c`, with `[n]` for a `forEach` item (from 0) or a loop iteration (from 1); `""` is the run itself. Rule FILE-2. */
export type NodePath = Brand<string, "NodePath">;
/** One execution of a workflow: sortable by creation, `[a-z0-9-]{1,64}`. */
export type RunId = Brand<string, "RunId">;
/** An agent: 16 lower-case hex digits, the first half of the SHA-256 of its public key (SPKI, DER), hence stable and unforgeable. */
export type AgentId = Brand<string, "AgentId">;
/** An app (a coordinator's identity): made like an `AgentId`, from its certificate authority's key. */
export type AppId = Brand<string, "AppId">;
/** A duration in whole milliseconds. */
export type Millis = Brand<number, "Millis">;
/** Milliseconds since 1970-01-01 UTC. */
export type EpochMs = Brand<number, "EpochMs">;
/** SHA-256 of some bytes, 64 lower-case hex digits. */
export type Sha256 = Brand<string, "Sha256">;

export const RUN_PATH = "" as NodePath;
