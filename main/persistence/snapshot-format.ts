import { createHash } from "node:crypto";
import { isDeeperThan, type Json } from "#core/base/json.ts";
import { err, ok, type Result } from "#core/base/result.ts";
import { MAX_JSON_DEPTH } from "#core/model/limits.ts";
import {
  fromSnapshotBody,
  parseSnapshotBody,
  parseSnapshotHead,
  type SnapshotHead,
  type WorkflowSnapshot,
} from "#core/model/snapshot.ts";
import type { SnapshotRefusalCode } from "#core/ports/persistence.ts";

// A snapshot as it is kept: docs/spec/snapshots.md, section "The format". Three lines of UTF-8, each ended by a line feed:
//   lanweave-snapshot 1 SHA256-OF-THE-SECOND-LINE SHA256-OF-THE-THIRD-LINE
//   {"id":…,"run":…,"workflow":…,"seq":…,"time":…,"reason":…,"state":…,"definitionHash":…,"bodyBytes":…}
//   {"contextVariables":{…},"nodeStates":{"completed":["a","b"],…}}
// The line feeds are not part of what is hashed; there is nothing after the last.

const FORMAT = 1;
/** The first two lines have at most so many bytes: a list reads no more of a file. */
export const MAX_HEAD_BYTES = 16 * 1024;
const LINE_FEED = 0x0a;
/** A variable's value, and the body and the variables around it. */
const MAX_SNAPSHOT_DEPTH = MAX_JSON_DEPTH + 2;
const FIRST_LINE = /^lanweave-snapshot (\d{1,9}) ([0-9a-f]{64}) ([0-9a-f]{64})$/;

/** Why bytes are no snapshot that can be used. */
export interface FormatFault {
  readonly code: Exclude<SnapshotRefusalCode, "not-found">;
  readonly message: string;
}

/** The first two lines and the third; the file is one after the other. */
export interface EncodedSnapshot {
  readonly head: Buffer;
  readonly body: Buffer;
}

export function encodeSnapshot(snapshot: WorkflowSnapshot): EncodedSnapshot {
  const { id, run, workflow, seq, time, reason, state, definitionHash } = snapshot;
  const body = Buffer.from(JSON.stringify(fromSnapshotBody(snapshot)));
  const bodyBytes = body.length + 1;
  const head = Buffer.from(JSON.stringify({ id, run, workflow, seq, time, reason, state, definitionHash, bodyBytes }));
  const first = `lanweave-snapshot ${String(FORMAT)} ${sha256(head)} ${sha256(body)}\n`;
  return {
    head: Buffer.concat([Buffer.from(first), head, Buffer.from("\n")]),
    body: Buffer.concat([body, Buffer.from("\n")]),
  };
}

export interface DecodedHead {
  readonly head: SnapshotHead;
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly bodyHash: string;
}

/** Reads the first two lines; `bytes` may go on after them. */
export function decodeHead(bytes: Buffer): Result<DecodedHead, FormatFault> {
  const firstEnd = bytes.indexOf(LINE_FEED);
  const first = FIRST_LINE.exec(bytes.subarray(0, firstEnd < 0 ? MAX_HEAD_BYTES : firstEnd).toString("latin1"));
  if (first === null) return err(describeFirstLine(bytes));
  const [, version = "", headHash = "", bodyHash = ""] = first;
  if (Number(version) !== FORMAT) return err(describeVersion(version));
  const headEnd = bytes.indexOf(LINE_FEED, firstEnd + 1);
  const line = bytes.subarray(firstEnd + 1, Math.max(headEnd, firstEnd + 1));
  if (firstEnd < 0 || headEnd < 0) return err(damaged("it ends in the middle of its head"));
  if (sha256(line) !== headHash) return err(damaged("its head is not what was written"));
  const value = parse(line);
  const head = parseSnapshotHead(value);
  const bodyBytes = value !== null && typeof value === "object" && "bodyBytes" in value ? value["bodyBytes"] : null;
  if (head === null || typeof bodyBytes !== "number") return err(damaged("its head has not the fields of a snapshot"));
  return ok({ head, headBytes: headEnd + 1, bodyBytes, bodyHash });
}

/** Reads the third line, which must be all that follows. */
export function decodeBody(decoded: DecodedHead, bytes: Buffer): Result<WorkflowSnapshot, FormatFault> {
  const { head, bodyBytes, bodyHash } = decoded;
  if (bytes.length !== bodyBytes)
    return err(damaged(`expected ${String(bodyBytes)} bytes after its head, found ${String(bytes.length)}`));
  const line = bytes.subarray(0, -1);
  if (bytes.at(-1) !== LINE_FEED || sha256(line) !== bodyHash) return err(damaged("its body is not what was written"));
  const body = parseSnapshotBody(parse(line));
  return body === null ? err(damaged("its body has not the fields of a snapshot")) : ok({ ...head, ...body });
}

function describeFirstLine(bytes: Buffer): FormatFault {
  const sign = Buffer.from("lanweave-snapshot ");
  const shared = Math.min(bytes.length, sign.length);
  if (bytes.subarray(0, shared).equals(sign.subarray(0, shared))) return damaged("its first line is cut or changed");
  return { code: "foreign", message: 'it does not begin with "lanweave-snapshot" and is no snapshot of Lanweave\'s' };
}

function describeVersion(version: string): FormatFault {
  const message = `it is of format ${version}, this Lanweave knows format ${String(FORMAT)}: update Lanweave`;
  return { code: "newer", message };
}

function damaged(message: string): FormatFault {
  return { code: "damaged", message };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Null where it is not JSON, which then has not the fields either. */
function parse(bytes: Buffer): Json {
  try {
    const value: Json = JSON.parse(bytes.toString("utf8"));
    // Nobody writes it deeper, and whoever writes it on needs a stack as deep as it is.
    return isDeeperThan(value, MAX_SNAPSHOT_DEPTH) ? null : value;
  } catch {
    return null;
  }
}
