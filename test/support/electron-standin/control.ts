import { runInThisContext } from "node:vm";
import { field, numberField, textField } from "./read.ts";

/** Lets the test that started this process run functions in it, as Playwright does with the real binary. */
export function acceptCommands(electron: object): void {
  if (process.channel === undefined) return;
  process.on("message", (message) => {
    if (field(message, "kind") === "standin-evaluate") void evaluate(electron, message);
  });
  // Whoever started this is gone, and with it any reason to stay.
  process.on("disconnect", () => process.exit(1));
}

async function evaluate(electron: object, message: unknown): Promise<void> {
  const id = numberField(message, "id");
  try {
    // The function came as text; its parameters are the modules and the argument.
    const run: unknown = runInThisContext(`(${textField(message, "source")})`);
    if (typeof run !== "function") throw new TypeError("expected the text of a function");
    const value: unknown = await run(electron, field(message, "argument"));
    process.send?.({ kind: "standin-value", id, value });
  } catch (error) {
    process.send?.({
      kind: "standin-problem",
      id,
      problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}
