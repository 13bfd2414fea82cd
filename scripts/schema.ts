import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { toWorkflowJsonSchema } from "#core/workflow-file/json-schema.ts";

// Writes schema/workflow.schema.json from the schema of the parser; with --check it fails when the file is stale instead.

const FILE = path.resolve(import.meta.dirname, "../schema/workflow.schema.json");
const expected = `${JSON.stringify(toWorkflowJsonSchema(), null, 2)}\n`;

if (process.argv.includes("--check")) {
  if (readFile() !== expected) {
    console.error("schema/workflow.schema.json does not fit the parser any more; run: node scripts/schema.ts");
    process.exitCode = 1;
  }
} else {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, expected);
}

function readFile(): string | null {
  try {
    return readFileSync(FILE, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
