import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Sha256 } from "#core/model/id.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { keyOf, specOf } from "#test/support/agent-link.ts";
import { makeTwoApps } from "#test/support/two-apps.ts";

test("[FLEET-2] apps of one agent neither see, stop, settle nor fetch what is another's, even under the same names", async (context) => {
  const world = await makeTwoApps(context, "--slots", "4");
  const [one, two] = world.apps;
  const [first, second] = [await world.connect(one), await world.connect(two)];
  const keys = [fromAttemptKey(keyOf("a"))];
  const seen = second.takeOutput();
  first.assign(specOf("a", "echo secret of one; sleep 2; echo end of one"));
  second.assign(specOf("b", "sleep 3"));
  await Promise.all([first.message("started"), second.message("started")]);
  second.send({ kind: "freeze", keys });
  second.send({ kind: "stop", keys, reason: "not mine" });
  second.send({ kind: "settled", keys, verdict: "discarded" });
  // Of the same name: another attempt altogether.
  second.assign(specOf("a", "echo of two"));
  const [mine, theirs] = await Promise.all([first.outcome(keyOf("a")), second.outcome(keyOf("a"))]);
  assert.deepEqual(
    [mine, theirs].map((outcome) => (outcome.kind === "success" ? outcome.result : outcome)),
    ["secret of one\nend of one", "of two"],
  );
  assert.doesNotMatch(JSON.stringify([...seen.values()]), /of one/);
  assert.doesNotMatch(JSON.stringify(second.received), /of one/);
  const again = await world.connect(two);
  const held = again.all("welcome").flatMap((welcome) => welcome.held.map(({ key }) => key.path));
  assert.deepEqual(held.sort(), ["a", "b"]);
  assert.deepEqual(
    (await world.connect(one)).all("welcome").flatMap((welcome) => welcome.held.map(({ key }) => key.path)),
    ["a"],
  );

  const text = "a file of one";
  writeFileSync(`${world.folder}/file.txt`, text);
  const sha256 = createHash("sha256").update(text).digest("hex") as Sha256;
  const file = { name: "file.txt", sha256, sizeBytes: text.length };
  const { signal } = new AbortController();
  await one.files.put(world.target, world.folder, file, signal);
  await one.files.fetch([world.target], sha256, text.length, `${world.folder}/out-one`, signal);
  await assert.rejects(
    two.files.fetch([world.target], sha256, text.length, `${world.folder}/out-two`, signal),
    /missing|not/,
  );
});

test("[FLEET-2] [FLEET-7] an app that asks for much keeps no other from the agent's slots", async (context) => {
  const world = await makeTwoApps(context, "--slots", "1");
  const [one, two] = world.apps;
  const [first, second] = [await world.connect(one), await world.connect(two)];
  const greedy = Array.from({ length: 30 }, (_, index) => `g${index}`);
  for (const path of greedy) first.assign(specOf(path, "sleep 0.2"));
  await first.message("started");
  second.assign(specOf("m", "true"));
  assert.equal((await second.outcome(keyOf("m"))).kind, "success");
  assert.ok(first.all("ended").length < 15, String(first.all("ended").length));
});
