import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, specOf } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";

test("[NODE-10] a report arrives whole however it is written, also the last one without a newline", async (context) => {
  const world = await makeWorld(context);
  const link = await world.connect();
  // The two bytes of é come one by one.
  const script = `exec 4>"$LANWEAVE_REPORT"
    printf '{"log":"caf\\303' >&4; sleep 0.2; printf '\\251"}\\n' >&4
    head -c 70000 /dev/zero | tr '\\0' x >&4; sleep 0.2; head -c 70000 /dev/zero | tr '\\0' x >&4; printf '\\n\\n \\n' >&4
    printf '{"progress":0.5}\\n{"event":"last"}' >&4`;
  link.assign(specOf("a", script));
  assert.equal((await link.outcome(keyOf("a"))).kind, "success");
  const reports = link.all("report").map(({ report }) => report);
  assert.deepEqual(reports[0], { kind: "log", level: "info", message: "café" });
  const [, warning] = reports;
  assert.match(warning?.kind === "log" ? warning.message : "", /^expected a report .*found "x{200}"$/);
  assert.deepEqual(reports.slice(2), [
    { kind: "progress", progress: 0.5 },
    { kind: "custom", name: "last", data: null },
  ]);
});
