import { createInterface } from "node:readline";
import type { UtilityProcess } from "electron";
import type { ShellLog } from "./shell-log.ts";

/** Longer lines are cut: a log is for reading. */
const MAX_LINE_LENGTH = 2_000;

/** Puts what the coordinator prints into the shell's log: its last words before a crash are found nowhere else. */
export function relayOutput(child: UtilityProcess, log: ShellLog): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      log.info("the coordinator printed", { line: line.slice(0, MAX_LINE_LENGTH) });
    });
  }
}
