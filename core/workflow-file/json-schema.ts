import { z } from "zod";
import type { Json, JsonObject } from "../base/json.ts";
import { wholeSchema } from "./schema.ts";

/** The form of a workflow file as a JSON Schema (draft 2020-12), made from the schema that the parser uses. */
export function toWorkflowJsonSchema(): JsonObject {
  // What the library adds for its own use is not JSON, so only what JSON can say goes out.
  const schema: Readonly<Record<string, Json>> = JSON.parse(
    JSON.stringify(z.toJSONSchema(wholeSchema, { io: "input" })),
  );
  const { $schema, ...rest } = schema;
  return {
    ...($schema === undefined ? {} : { $schema }),
    $id: "urn:lanweave:workflow:1",
    title: "Lanweave workflow",
    description: "A workflow file, format 1. What a schema cannot say, lanweave validate does.",
    ...rest,
  };
}
