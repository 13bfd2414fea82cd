import * as z from "zod/mini";
import { isDeeperThan } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { MAX_MESSAGE_DEPTH } from "./limits.ts";

/**
 * What a peer sent on a link, checked; the error says what was expected, and where. Never throws: whatever a peer sends, it costs that
 * peer its link and nothing else. Rule FLEET-2.
 */
export function parseMessage<Message>(schema: z.ZodMiniType<Message>, data: unknown): Result<Message, string> {
  try {
    // First: the schema's own check needs a stack as deep as the data.
    if (isDeeperThan(data, MAX_MESSAGE_DEPTH))
      return err(`expected a message nested at most ${MAX_MESSAGE_DEPTH} levels deep`);
    const parsed = z.safeParse(schema, data);
    if (parsed.success) return ok(parsed.data);
    const issue = parsed.error.issues[0];
    return err(`${issue?.message ?? "unknown"} at ${issue?.path.join(".") ?? ""}`);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
