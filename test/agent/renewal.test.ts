import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EpochMs } from "#core/model/id.ts";
import { systemRandom } from "#system/random.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { createSigner } from "#main/trust/signer.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { clock } from "#test/support/agent-process.ts";
import { makeWorld } from "#test/support/agent-world.ts";

const DAY_MS = 86_400_000;

test("[FLEET-2] an agent whose certificate is due asks by itself, takes the new one, and its work goes on", async (context) => {
  const agedMs = 70 * DAY_MS;
  const world = await makeWorld(context, { clockBehindMs: agedMs });
  const { app, agent } = world;
  const pairing = join(agent.data, "trust", "pairings", `${app.authority.app}.json`);
  const untilMs = (): number => {
    const { certificatePem } = JSON.parse(readFileSync(pairing, "utf8")) as { certificatePem: string };
    return new X509Certificate(certificatePem).validToDate.getTime();
  };
  assert.ok(untilMs() < Date.now() + 21 * DAY_MS);
  const old = await world.connect();
  old.assign(specOf("a", "sleep 2; echo done"));
  await old.message("started");
  const link = new TestLink(app.links, agent.target);
  context.after(() => link.close());
  // An app of an older minor version would not understand the question.
  assert.deepEqual(old.all("renew"), []);
  await link.hello(app.authority.app, 1, 1);
  const { request } = await link.message("renew");
  const now = { ...clock, now: () => Date.now() as EpochMs };
  const authority = await openAuthority(join(world.folder, "app"), { clock: now, random: systemRandom });
  const signed = await createSigner(authority).sign(agent.target, request);
  assert.ok(signed.ok);
  const { certificatePem: certificate, authorityPem } = signed.value;
  link.send({ kind: "renewed", certificate, authority: authorityPem });
  await agent.log.until("log line", 5_000, (line) => (line.includes("the certificate was renewed") ? line : undefined));
  assert.ok(untilMs() > Date.now() + 89 * DAY_MS);
  assert.equal((await link.outcome(keyOf("a"))).kind, "success");
  const next = await world.connect();
  assert.equal(next.isOpen, true);
});
