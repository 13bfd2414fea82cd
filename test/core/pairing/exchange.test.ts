import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_EXCHANGE_START, stepAsAgent, storedAsAgent } from "#core/pairing/agent-exchange.ts";
import { beginAsApp, grantAsApp, stepAsApp } from "#core/pairing/app-exchange.ts";
import type { AppExchange, AppStep } from "#core/pairing/app-exchange.ts";
import type { AgentExchange, AgentExchangeInput } from "#core/pairing/agent-exchange.ts";
import type { PairingCode } from "#core/pairing/code.ts";
import type { PairingMessage } from "#core/pairing/messages.ts";
import { refusal } from "#core/pairing/refusal.ts";
import { derivePairingSecret } from "#core/pairing/secret.ts";
import type { AgentId, AppId, Sha256 } from "#core/model/id.ts";

const FINGERPRINT = "ab".repeat(32) as Sha256;
const AGENT = FINGERPRINT.slice(0, 16) as AgentId;
const SALT = new Uint8Array(16).fill(3);
const SECRET = derivePairingSecret("417283" as PairingCode, SALT);
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function app(change: Partial<Parameters<typeof beginAsApp>[0]> = {}): AppStep {
  return beginAsApp({
    app: "c".repeat(16) as AppId,
    appName: "desk",
    authority: "d".repeat(64) as Sha256,
    code: "417283" as PairingCode,
    fingerprint: FINGERPRINT,
    chance: new Uint8Array(40).fill(5),
    ...change,
  });
}

function open(): AgentExchangeInput {
  return { agent: AGENT, fingerprint: FINGERPRINT, salt: SALT, secret: SECRET, chance: new Uint8Array(40).fill(6) };
}

/** Runs both ends against each other, with `relay` in between, until nobody has anything to send. */
function run(begin: AppStep, relay: (message: PairingMessage) => PairingMessage = (message) => message): string[] {
  const story: string[] = [];
  let appState: AppExchange = begin.next;
  let agentState: AgentExchange = AGENT_EXCHANGE_START;
  let toAgent = begin.send;
  while (toAgent !== undefined) {
    let step = stepAsAgent(agentState, relay(toAgent), open);
    story.push(`agent ${step.outcome.kind}`);
    if (step.outcome.kind === "granted") step = storedAsAgent(step.next, AGENT, "studio", 7421);
    agentState = step.next;
    toAgent = undefined;
    if (step.send === undefined) break;
    let answer = stepAsApp(appState, relay(step.send));
    story.push(`app ${answer.outcome.kind}`);
    if (answer.outcome.kind === "confirmed") answer = grantAsApp(answer.next, PEM, PEM);
    appState = answer.next;
    toAgent = answer.send;
  }
  return story;
}

test("[FLEET-2] the right code leads both ends from hello to done", () => {
  assert.deepEqual(run(app()), [
    "agent going-on",
    "app going-on",
    "agent confirmed",
    "app confirmed",
    "agent granted",
    "app paired",
  ]);
});

test("[FLEET-2] with a wrong code the agent stops at the app's proof and has told it nothing to test guesses against", () => {
  assert.deepEqual(run(app({ code: "417284" as PairingCode })), ["agent going-on", "app going-on", "agent wrong-code"]);
});

test("[FLEET-2] an app that saw another key in its handshake is not confirmed", () => {
  // The middle shows its own key, and claims the agent's id, or the id of its own key: neither works.
  const fingerprint = (AGENT + "00".repeat(24)) as Sha256;
  assert.equal(run(app({ fingerprint })).at(-1), "agent wrong-code");
  assert.equal(run(app({ fingerprint: "cd".repeat(32) as Sha256 })).at(-1), "app refused");
});

test("[FLEET-2] whatever the middle changes of who takes part, the agent does not confirm", () => {
  const changes: Partial<Record<string, unknown>>[] = [
    { app: "e".repeat(16) },
    { appName: "another desk" },
    { authority: "e".repeat(64) },
  ];
  for (const change of changes) {
    const story = run(app(), (message) => (message.kind === "hello" ? { ...message, ...change } : message));
    assert.equal(story.at(-1), "agent wrong-code", JSON.stringify(change));
  }
});

test("[FLEET-2] the app hands nothing to an agent that could not prove the code", () => {
  const story = run(app(), (message) =>
    message.kind === "agreed" ? { ...message, confirmation: new Uint8Array(32) } : message,
  );
  assert.deepEqual(story.slice(-2), ["agent confirmed", "app refused"]);
});

test("[FLEET-2] a certificate is accepted only after confirmation", () => {
  const step = stepAsAgent(AGENT_EXCHANGE_START, { kind: "grant", authorityPem: PEM, certificatePem: PEM }, open);
  assert.deepEqual([step.outcome.kind, step.next.kind], ["refused", "ended"]);
});

test("[FLEET-2] a closed gate and another version are refused with their reason", () => {
  const hello = {
    kind: "hello",
    version: 1,
    app: "c".repeat(16) as AppId,
    appName: "desk",
    authority: FINGERPRINT,
  } as const;
  const closed = stepAsAgent(AGENT_EXCHANGE_START, hello, () => refusal("not-pairing"));
  assert.deepEqual(closed.send, { kind: "refused", refusal: refusal("not-pairing") });
  const other = stepAsAgent(AGENT_EXCHANGE_START, { ...hello, version: 2 }, open);
  assert.deepEqual(other.send, { kind: "refused", refusal: refusal("version") });
});
