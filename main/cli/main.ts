import { runCommandLine } from "./program.ts";

// The coordinator is loaded only by the commands that host one: the others start at once.
const exitCode = await runCommandLine(process.argv.slice(2), async (options) => {
  const { startHost } = await import("../host/host.ts");
  return startHost(options);
});
// All resources are disposed by now; a handle that a library left open must not keep the command.
process.exit(exitCode);
