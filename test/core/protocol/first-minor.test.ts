import assert from "node:assert/strict";
import { test } from "node:test";
import { agentMessageSchema, appMessageSchema } from "#core/protocol/messages.ts";
import { parseMessage } from "#core/protocol/parse-message.ts";

// What the first minor version of the protocol said on the wire, as it was recorded. It is never changed: agents and apps of that version
// are still out there. Rule FLEET-4.

const KEY = '{"run":"20261123-204512-k3f9","path":"a","fence":3}';
const FROM_APP = [
  '{"kind":"hello","protocol":{"major":1,"minor":0},"app":"9eac4d969fdb4ced","appName":"desk","appVersion":"0.1.0"}',
  `{"kind":"assign","spec":{"key":${KEY},"attempt":1,"level":1,"workflow":"hello","action":{"kind":"run","script":"echo","shell":"sh"},"result":"text","environment":{},"filesIn":[],"filesOut":[],"timeoutMs":null,"cpus":0,"memoryBytes":0}}`,
  `{"kind":"stop","keys":[${KEY}],"reason":"cancelled"}`,
  `{"kind":"freeze","keys":[${KEY}]}`,
  `{"kind":"thaw","keys":[${KEY}]}`,
  `{"kind":"settled","keys":[${KEY}],"verdict":"accepted"}`,
  `{"kind":"output-taken","key":${KEY},"offset":5}`,
  '{"kind":"ping","nonce":7}',
  '{"kind":"unpair"}',
];
const FROM_AGENT = [
  '{"kind":"welcome","protocol":{"major":1,"minor":0},"agent":"f758a14609673853","name":"studio","version":"0.1.0","capabilities":{"labels":[],"os":"linux","arch":"x64","cpus":4,"memoryBytes":4294967296,"gpus":0,"programs":["git"],"slots":4,"canFreeze":true},"held":[]}',
  `{"kind":"refused","of":"assign","code":"busy","message":"no room","key":${KEY}}`,
  '{"kind":"heartbeat","seq":1,"load":0.5,"running":1,"trouble":null}',
  `{"kind":"started","key":${KEY},"pid":4}`,
  `{"kind":"ended","key":${KEY},"outcome":{"kind":"success","result":{"a":[1]},"files":[],"executionMs":5}}`,
  `{"kind":"suspended","keys":[${KEY}]}`,
  `{"kind":"resumed","keys":[${KEY}]}`,
  `{"kind":"output","key":${KEY},"offset":0,"stream":"stdout","base64":"aGVsbG8K"}`,
  `{"kind":"report","key":${KEY},"report":{"kind":"progress","progress":0.5}}`,
  '{"kind":"pong","nonce":7}',
];

test("[FLEET-4] what an app and an agent of the first minor version say is understood", () => {
  for (const text of FROM_APP)
    assert.deepEqual(parseMessage(appMessageSchema, JSON.parse(text)), { ok: true, value: JSON.parse(text) });
  for (const text of FROM_AGENT)
    assert.deepEqual(parseMessage(agentMessageSchema, JSON.parse(text)), { ok: true, value: JSON.parse(text) });
});

test("[FLEET-4] what a newer minor version adds is left out, not refused", () => {
  const hello = { ...JSON.parse(FROM_APP[0] ?? ""), protocol: { major: 1, minor: 99 }, mood: { of: "today" } };
  const parsed = parseMessage(appMessageSchema, hello);
  assert.ok(parsed.ok && !("mood" in parsed.value));
});
