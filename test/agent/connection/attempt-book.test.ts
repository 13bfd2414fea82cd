import assert from "node:assert/strict";
import { test } from "node:test";
import { AttemptBook } from "#agent/connection/attempt-book.ts";
import type { AppId, RunId } from "#core/model/id.ts";
import type { AttemptRunner } from "#core/ports/attempts.ts";
import { fromAttemptKey } from "#core/protocol/convert.ts";
import { MAX_MESSAGE_BYTES } from "#core/protocol/limits.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";
import { keyOf, specOf } from "#test/support/agent-link.ts";
import { clock, silentLog } from "#test/support/agent-process.ts";

/** Everything it starts runs for ever. */
const runner: AttemptRunner = {
  start: () => ({
    stop: () => undefined,
    abandon: () => undefined,
    freeze: () => undefined,
    thaw: () => undefined,
    readOutput: () => Promise.resolve([]),
    settle: () => Promise.resolve(),
    forget: () => Promise.resolve(),
  }),
  trouble: () => null,
};

test("[FLEET-6] an agent takes no more attempts than it can name in one message when the app comes back", () => {
  const told: AgentMessage[] = [];
  const nothing = (): void => undefined;
  const listener = { suspended: nothing, resumed: nothing, reported: nothing, grew: nothing };
  const book = new AttemptBook({
    app: "a".repeat(16) as AppId,
    runner,
    clock,
    log: silentLog,
    listener: { ...listener, tell: (message) => told.push(message) },
  });
  const run = "r".repeat(4_000) as RunId;
  for (let fence = 1; fence <= 1_000 && told.length === 0; fence += 1) {
    const key = { ...keyOf("p".repeat(4_000), fence), run };
    book.assign(specOf("a", "", { key }));
  }
  assert.deepEqual(
    told.map((message) => (message.kind === "refused" ? [message.of, message.code] : message.kind)),
    [["assign", "busy"]],
  );
  const held = book.all().map(({ key, state }) => ({ key: fromAttemptKey(key), state }));
  assert.ok(JSON.stringify(held).length < MAX_MESSAGE_BYTES / 2);
});
