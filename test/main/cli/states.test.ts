import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeText } from "#main/cli/states.ts";
import { line } from "#test/core/monitoring/support.ts";

const error = { code: "exit", message: "the process ended with exit code 3" };
const name = (): string => "studio";

test("[NODE-2] a node that waits for its next attempt is shown with until when, an ended one with its error", () => {
  const reason = "attempt 1 failed: the process ended with exit code 3; the next one comes at 12:00";
  const waiting = line("a", "task", "idle", { phase: "backoff", reason, error });
  assert.match(nodeText(waiting, name), /^\S a idle \(backoff\): attempt 1 failed.*; the next one comes at 12:00$/);
  const failed = line("a", "task", "failed", { reason: "it failed", error });
  assert.match(nodeText(failed, name), /^\S a failed: the process ended with exit code 3$/);
});
