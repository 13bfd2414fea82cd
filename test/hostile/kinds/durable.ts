import assert from "node:assert/strict";
import { isDeeperThan } from "#core/base/json.ts";
import { MAX_JSON_DEPTH } from "#core/model/limits.ts";
import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import { liveAttempts, queuedAttempts, timers, toRunLine } from "#core/engine/queries.ts";
import type { WorkflowSnapshot } from "#core/model/snapshot.ts";
import { IntentError } from "#main/coordinator/intent-error.ts";
import { RunBook } from "#main/coordinator/run-book.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { decodeBody, decodeHead, encodeSnapshot } from "#main/persistence/snapshot-format.ts";
import type { Chance } from "#test/sim/chance.ts";
import { silentLog } from "#test/support/agent-process.ts";
import { keyOf, MemoryLan } from "#test/support/memory-lan.ts";
import { createHash } from "node:crypto";
import { type FuzzKind, plainTarget } from "../fuzz-kind.ts";
import { mangleBytes, mangleJson, mangleValue, writeJson } from "../mangle.ts";

// What was written to a disk and comes back changed: rows of the journal, snapshot files.

const WORKFLOW = `
lanweave: 1
name: recorded
inputs:
  count: { type: integer, default: 2 }
nodes:
  - id: first
    type: task
    run: echo one
  - id: many
    type: parallel
    forEach: "[1, 2]"
    nodes:
      - id: each
        type: task
        run: echo {{ item }}
  - id: last
    type: task
    dependsOn: [first]
    run: echo three
`;

/** The events of a run that was carried out, from its start to where two of its attempts have ended. */
async function record(): Promise<readonly RunEvent[]> {
  const journal = new MemoryJournal();
  const lan = new MemoryLan(1, { recorded: WORKFLOW }, journal);
  await lan.settle();
  const run = await lan.start("recorded");
  for (let ended = 0; ended < 2; ended += 1) {
    const [agent] = lan.agents;
    if (agent === undefined || agent.assignments().length === 0) break;
    agent.end(keyOf(agent));
    await lan.settle();
  }
  const events = journal.read(run, 0, 10_000);
  await lan.coordinator.dispose();
  return events;
}

/** Gives rows as they are found, whatever they are. */
class FoundJournal extends MemoryJournal {
  readonly #rows: readonly RunEvent[];
  constructor(rows: readonly RunEvent[]) {
    super();
    this.#rows = rows;
  }
  override runs(): ReturnType<MemoryJournal["runs"]> {
    return [{ run: this.#rows[0]?.run ?? ("r" as RunId), lastSeq: this.#rows.length }];
  }
  override read(_run: RunId, after: number, limit: number): readonly RunEvent[] {
    return this.#rows.slice(after, after + limit);
  }
}

function changeRow(chance: Chance, row: RunEvent): RunEvent {
  const { seq, time, level } = row;
  // Columns keep their types, as the strict table does; what JSON they hold may be any object.
  // Nothing deeper than the product writes is read back.
  const found: unknown = parse(writeJson(mangleValue(chance, row.data)));
  const data = chance.is(0.8) && !isDeeperThan(found, MAX_JSON_DEPTH + 3) ? found : row.data;
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  const changed: Record<string, unknown> = { ...row, data: isObject ? data : row.data };
  if (chance.is(0.2)) changed["path"] = chance.pick(["", "many/9/each", "a/b", "__proto__", "../x"]);
  if (chance.is(0.1)) changed["level"] = chance.pick([-1, 0, 99, level]);
  if (chance.is(0.1)) changed["seq"] = chance.pick([seq, seq + 1, 0, -1]);
  if (chance.is(0.1)) changed["time"] = chance.pick([0, -1, time, 2 ** 52]);
  return changed as unknown as RunEvent;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function playJournal(chance: Chance, recorded: readonly RunEvent[]): void {
  const rows = recorded.slice(0, 1 + chance.below(recorded.length)).map((row) => row);
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const at = chance.below(rows.length);
    const row = rows[at];
    if (chance.is(0.15)) rows.splice(at, 1);
    else if (row !== undefined) rows[at] = changeRow(chance, row);
  }
  if (rows.length === 0) return;
  readAll(rows);
}

/** A run is read, or said to be damaged; nothing else may come of it. */
function readAll(rows: readonly RunEvent[]): boolean {
  const journal = new FoundJournal(rows);
  const book = new RunBook(journal, silentLog);
  const [first] = journal.runs();
  const run = first?.run ?? ("r" as RunId);
  assert.ok(book.has(run));
  try {
    const state = book.state(run);
    if (state === undefined) return false;
    toRunLine(state);
    liveAttempts(state);
    queuedAttempts(state);
    timers(state);
    return true;
  } catch (error) {
    assert.ok(error instanceof IntentError && error.code === "damaged", String(error));
    return false;
  }
}

export const journalKind: FuzzKind = {
  name: "journal",
  // A row that names 65,000 items makes as many nodes, when a run is loaded.
  mayBlockMs: 1_000,
  weight: 50,
  batch: 2_000,
  open: async () => {
    const recorded = await record();
    assert.ok(recorded.length > 8, `expected a recorded run, found ${String(recorded.length)} events`);
    return plainTarget(
      (chance) => playJournal(chance, recorded),
      () => assert.ok(readAll(recorded)),
    );
  },
};

const SNAPSHOT: WorkflowSnapshot = {
  id: "20261123-204512-k3f9@57-pause",
  run: "20261123-204512-k3f9",
  workflow: "picture",
  seq: 57,
  time: 1_795_000_000_000,
  reason: "pause",
  state: "paused",
  definitionHash: "0".repeat(64),
  nodeStates: { a: "completed", b: "running", "c/0/d": "idle" },
  contextVariables: { seen: [1, { a: null }] },
} as unknown as WorkflowSnapshot;

function decode(bytes: Buffer): boolean {
  const head = decodeHead(bytes);
  if (!head.ok) return refusedWell(head.error);
  const whole = decodeBody(head.value, bytes.subarray(head.value.headBytes));
  if (!whole.ok) return refusedWell(whole.error);
  encodeSnapshot(whole.value);
  return true;
}

function refusedWell({ code, message }: { readonly code: string; readonly message: string }): false {
  assert.ok(["damaged", "foreign", "newer"].includes(code) && message !== "");
  return false;
}

/** Other content under sums that are right, as somebody who means it would write it. */
function forge(chance: Chance): Buffer {
  const { head, body } = encodeSnapshot(SNAPSHOT);
  const headLine = mangleJson(chance, JSON.parse(head.toString().split("\n")[1] ?? ""));
  const bodyLine = mangleJson(chance, JSON.parse(body.toString()));
  const sum = (text: string): string => createHash("sha256").update(text).digest("hex");
  const fixed = headLine.replace(/"bodyBytes":\d+/, `"bodyBytes":${String(Buffer.byteLength(bodyLine) + 1)}`);
  return Buffer.from(`lanweave-snapshot 1 ${sum(fixed)} ${sum(bodyLine)}\n${fixed}\n${bodyLine}\n`);
}

export const snapshotKind: FuzzKind = {
  name: "snapshot",
  weight: 40,
  batch: 5_000,
  open: () => {
    const { head, body } = encodeSnapshot(SNAPSHOT);
    const sound = Buffer.concat([head, body]);
    return plainTarget(
      (chance) => void decode(chance.is(0.5) ? forge(chance) : mangleBytes(chance, sound)),
      () => assert.ok(decode(sound)),
    );
  },
};
