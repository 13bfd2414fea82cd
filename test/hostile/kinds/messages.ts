import assert from "node:assert/strict";
import type { z } from "zod/mini";
import { ReportLines } from "#agent/spawner/report-lines.ts";
import { toTaskReport } from "#agent/runner/reports.ts";
import { hostRequestSchema, parseHostReply, parseHostRequest } from "#core/ipc/host-link.ts";
import { LineBuffer } from "#core/pairing/lines.ts";
import { encodePairingMessage, parsePairingMessage } from "#core/pairing/messages.ts";
import { fromReport, toAttemptKey, toAttemptSpec, toOutcome, toReport } from "#core/protocol/convert.ts";
import { fileReplySchema, fileRequestSchema } from "#core/protocol/file-messages.ts";
import { type AgentMessage, agentMessageSchema, type AppMessage, appMessageSchema } from "#core/protocol/messages.ts";
import { reportSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";
import { toKey, toOutcome as toModelOutcome, toReport as toModelReport } from "#main/coordinator/wire.ts";
import type { Chance } from "#test/sim/chance.ts";
import { type FuzzKind, plainTarget } from "../fuzz-kind.ts";
import { inPieces, mangleBytes, mangleJson, mangleText, mangleValue } from "../mangle.ts";
import { agentMessages, appMessages, FILE_REPLIES, FILE_REQUESTS, PAIRING_MESSAGES } from "../samples.ts";

// Messages as their receivers read them, without a socket: the schemas, and what turns wire types into the model's.

const APP = "a".repeat(16);
const AGENT = "c".repeat(16);
const APP_SAMPLES = appMessages(APP);
const AGENT_SAMPLES = agentMessages(AGENT);

/** What a receiver makes of text; `undefined`: it is no JSON, which ends the link. */
function read<Message>(schema: z.ZodMiniType<Message>, text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = parseMessage(schema, value);
  if (parsed.ok) return parsed.value;
  assert.ok(parsed.error !== "", "a refusal says why");
  assert.doesNotMatch(parsed.error, /stack|undefined is not|Cannot read/i);
  return undefined;
}

function takeAppMessage(message: AppMessage): void {
  if (message.kind === "assign") toAttemptSpec(message.spec);
  if ("keys" in message) message.keys.map(toAttemptKey);
}

function takeAgentMessage(message: AgentMessage): void {
  if (message.kind === "ended") {
    toModelOutcome(message.outcome);
    toOutcome(message.outcome);
  }
  if (message.kind === "report") {
    toModelReport(message.report);
    fromReport(toReport(message.report));
  }
  if ("key" in message && message.key !== null) toKey(message.key);
}

export const appMessageKind: FuzzKind = {
  name: "app-message",
  weight: 130,
  batch: 5_000,
  open: () =>
    plainTarget(
      (chance) => {
        const message = read(appMessageSchema, mangleJson(chance, chance.pick(APP_SAMPLES)));
        if (message !== undefined) takeAppMessage(message);
      },
      () => APP_SAMPLES.forEach((sample) => assert.deepEqual(read(appMessageSchema, JSON.stringify(sample)), sample)),
    ),
};

export const agentMessageKind: FuzzKind = {
  name: "agent-message",
  weight: 130,
  batch: 5_000,
  open: () =>
    plainTarget(
      (chance) => {
        const message = read(agentMessageSchema, mangleJson(chance, chance.pick(AGENT_SAMPLES)));
        if (message !== undefined) takeAgentMessage(message);
      },
      () =>
        AGENT_SAMPLES.forEach((sample) => assert.deepEqual(read(agentMessageSchema, JSON.stringify(sample)), sample)),
    ),
};

export const fileMessageKind: FuzzKind = {
  name: "file-message",
  weight: 60,
  batch: 5_000,
  open: () =>
    plainTarget(
      (chance) => {
        read(fileRequestSchema, mangleJson(chance, chance.pick(FILE_REQUESTS)));
        read(fileReplySchema, mangleJson(chance, chance.pick(FILE_REPLIES)));
      },
      () => FILE_REQUESTS.forEach((sample) => assert.ok(fileRequestSchema.safeParse(sample).success)),
    ),
};

function readPairing(text: string): void {
  const parsed = parsePairingMessage(text);
  if (!parsed.ok) return assert.match(parsed.error, /^expected /);
  const again = parsePairingMessage(encodePairingMessage(parsed.value).trim());
  if (parsed.value.kind !== "hello" || parsed.value.version === 1) assert.deepEqual(again, parsed);
}

export const pairingMessageKind: FuzzKind = {
  name: "pairing-message",
  weight: 70,
  batch: 5_000,
  open: () =>
    plainTarget(
      (chance) => {
        const buffer = new LineBuffer();
        for (const line of buffer.push(`${mangleJson(chance, chance.pick(PAIRING_MESSAGES))}\n`) ?? [])
          readPairing(line);
      },
      () => PAIRING_MESSAGES.forEach((sample) => assert.ok(parsePairingMessage(JSON.stringify(sample)).ok)),
    ),
};

const HOST_FRAMES = [
  { kind: "open", session: "w1" },
  { kind: "frame", session: "w1", frame: '{"kind":"watch","topic":"runs"}' },
  { kind: "close", session: "w1" },
  { kind: "quit" },
  { kind: "ready" },
  { kind: "failed", code: "held", message: "x" },
];

export const hostFrameKind: FuzzKind = {
  name: "host-frame",
  weight: 40,
  batch: 5_000,
  open: () =>
    plainTarget(
      (chance) => {
        // Structured data from another process, not text.
        const value = mangleValue(chance, chance.pick(HOST_FRAMES));
        for (const parsed of [parseHostRequest(value), parseHostReply(value)])
          if (!parsed.ok) assert.ok(parsed.error.length > 0);
      },
      () => assert.ok(hostRequestSchema.safeParse(HOST_FRAMES[1]).success),
    ),
};

const REPORTS = [
  { progress: 0.5 },
  { metric: "rows", value: 3, type: "counter" },
  { metric: "t", value: [1, 2, 3] },
  { metric: "t", value: "text" },
  { metric: "t", value: 5, type: "timer" },
  { log: "text", level: "warning" },
  { event: "name", data: { a: 1 } },
];

function playReports(chance: Chance): void {
  const lines = new ReportLines();
  const text = Array.from({ length: 1 + chance.below(3) }, () => mangleJson(chance, chance.pick(REPORTS))).join("\n");
  const whole = chance.is(0.2) ? mangleBytes(chance, Buffer.from(text)) : Buffer.from(mangleText(chance, `${text}\n`));
  const found = [...inPieces(chance, whole).flatMap((piece) => [...lines.take(piece)]), ...lines.end()];
  for (const line of found) {
    const wire = fromReport(toTaskReport(line));
    const checked = parseMessage(agentMessageSchema, {
      kind: "report",
      key: { run: "r", path: "p", fence: 1 },
      report: wire,
    });
    assert.ok(checked.ok, `a report that the app refuses: ${checked.ok ? "" : checked.error}`);
  }
}

export const reportKind: FuzzKind = {
  name: "report",
  weight: 100,
  batch: 5_000,
  open: () =>
    plainTarget(playReports, () =>
      REPORTS.forEach((sample) =>
        assert.ok(reportSchema.safeParse(fromReport(toTaskReport(JSON.stringify(sample)))).success),
      ),
    ),
};
