import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, type Result } from "#core/base/result.ts";
import type { SignedCertificate } from "#core/ports/trust.ts";
import { MemoryJournal } from "#main/persistence/memory-journal.ts";
import { MemoryLan } from "#test/support/memory-lan.ts";

const ASK = { kind: "renew", request: "a request" } as const;

async function lanWith(answer: Result<SignedCertificate, string>): Promise<{ lan: MemoryLan; asked: string[] }> {
  const asked: string[] = [];
  const certificates = {
    sign: (agent: { id: string; fingerprint: string }, request: string) => {
      asked.push(`${agent.id} ${agent.fingerprint.slice(0, 4)} ${request}`);
      return Promise.resolve(answer);
    },
  };
  const lan = new MemoryLan(2, {}, new MemoryJournal(), { certificates });
  await lan.settle();
  return { lan, asked };
}

function given(lan: MemoryLan, agent: number): unknown[] {
  return (lan.agents[agent]?.heard ?? []).filter(({ kind }) => kind === "renewed");
}

test("[FLEET-2] an agent that asks gets a new certificate, once a minute at most", async () => {
  const { lan, asked } = await lanWith(ok({ certificatePem: "C", authorityPem: "A" }));
  for (let times = 0; times < 3; times += 1) lan.agents[0]?.say(ASK);
  await lan.settle();
  assert.deepEqual(asked, [`${"0".repeat(16)} ffff a request`]);
  assert.deepEqual(given(lan, 0), [{ kind: "renewed", certificate: "C", authority: "A" }]);
  assert.deepEqual(given(lan, 1), []);
  await lan.advance(61_000);
  lan.agents[0]?.say(ASK);
  await lan.settle();
  assert.equal(given(lan, 0).length, 2);
});

test("[FLEET-2] who is refused a certificate, or was unpaired meanwhile, gets none", async () => {
  const refused = await lanWith(err("another key"));
  refused.lan.agents[0]?.say(ASK);
  await refused.lan.settle();
  assert.deepEqual(given(refused.lan, 0), []);
  const { lan } = await lanWith(ok({ certificatePem: "C", authorityPem: "A" }));
  const unpaired = lan.ask("fleet.unpair", { target: "0".repeat(16) });
  lan.agents[0]?.say(ASK);
  await unpaired;
  await lan.settle();
  assert.deepEqual(given(lan, 0), []);
});
