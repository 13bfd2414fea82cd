import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";
import { LineBuffer } from "#core/pairing/lines.ts";
import {
  cleanName,
  encodePairingMessage,
  MAX_LINE_BYTES,
  type PairingMessage,
  parsePairingMessage,
} from "#core/pairing/messages.ts";
import { parseHolder } from "#core/pairing/names.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const MESSAGES: readonly PairingMessage[] = [
  {
    kind: "hello",
    version: 1,
    app: "0".repeat(16) as AppId,
    appName: "工作室 Mac",
    authority: "a".repeat(64) as Sha256,
  },
  { kind: "offer", version: 1, agent: "1".repeat(16) as AgentId, salt: new Uint8Array(16), share: new Uint8Array(65) },
  { kind: "proof", share: new Uint8Array(65), confirmation: new Uint8Array(32) },
  { kind: "agreed", confirmation: new Uint8Array(32) },
  { kind: "grant", authorityPem: PEM, certificatePem: PEM },
  { kind: "done", agent: "1".repeat(16) as AgentId, name: "studio", linkPort: 7421 },
  { kind: "refused", refusal: { code: "busy", message: "later" } },
];

test("[FLEET-2] every message reads back as it was written", () => {
  for (const message of MESSAGES) {
    const line = encodePairingMessage(message);
    assert.ok(line.endsWith("\n") && !line.slice(0, -1).includes("\n"));
    assert.deepEqual(parsePairingMessage(line.slice(0, -1)), { ok: true, value: message });
  }
});

test("[FLEET-2] a message with any field missing, of another type or too long is refused", () => {
  for (const message of MESSAGES) {
    const plain: Record<string, unknown> = JSON.parse(encodePairingMessage(message));
    for (const key of Object.keys(plain)) {
      for (const bad of [undefined, null, 1.5, -1, {}, [], "", "x".repeat(20_000)]) {
        const result = parsePairingMessage(JSON.stringify({ ...plain, [key]: bad }));
        assert.ok(!result.ok, `${message.kind}.${key} = ${JSON.stringify(bad)}`);
      }
    }
  }
});

test("[FLEET-2] a stranger's line may be nested as deep as fits in it", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  for (const line of [`{"kind":${deep}}`, `{"kind":"hello","version":${deep}}`, `{"kind":"done","agent":${deep}}`]) {
    const result = parsePairingMessage(line);
    assert.match(result.ok ? "" : result.error, /^expected .*found (kind )?a list$/);
  }
});

test("[FLEET-2] no input makes the parser throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parsePairingMessage(line)));
});

test("[FLEET-2] a hello of another version is told apart whatever else it holds", () => {
  const result = parsePairingMessage('{"kind":"hello","version":2,"new":true}');
  assert.ok(result.ok && result.value.kind === "hello" && result.value.version === 2);
});

test("[FLEET-2] names lose what cannot be seen, and cleaning twice changes nothing", () => {
  assert.equal(cleanName(" studio\u0007\u202e\n "), "studio");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) =>
      assert.equal(cleanName(cleanName(name)), cleanName(name)),
    ),
  );
});

test("[FLEET-2] lines come out whole however the stream was cut, and an endless one is refused", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string().map((text) => text.replaceAll("\n", ""))),
      fc.infiniteStream(fc.nat(9)),
      (lines, cuts) => {
        const buffer = new LineBuffer();
        const text = lines.map((line) => `${line}\n`).join("");
        const seen: string[] = [];
        for (let at = 0; at < text.length;) {
          const length = 1 + (cuts.next().value ?? 0);
          seen.push(...(buffer.push(text.slice(at, at + length)) ?? []));
          at += length;
        }
        assert.deepEqual(seen, lines);
      },
    ),
  );
  assert.equal(new LineBuffer().push("x".repeat(MAX_LINE_BYTES + 1)), undefined);
});

test("[FLEET-2] a certificate names exactly one holder", () => {
  assert.deepEqual(parseHolder("DNS:x, URI:lanweave://app/0123456789abcdef"), { kind: "app", app: "0123456789abcdef" });
  assert.deepEqual(parseHolder("URI:lanweave://agent/0123456789abcdef"), { kind: "agent", agent: "0123456789abcdef" });
  for (const bad of [
    "",
    "DNS:app",
    "URI:lanweave://app/0123",
    "URI:lanweave://app/0123456789abcdef, URI:lanweave://agent/0123456789abcdef",
  ]) {
    assert.equal(parseHolder(bad), undefined);
  }
});
