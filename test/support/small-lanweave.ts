import { runCommandLine } from "#main/cli/program.ts";
import { startSmallHost } from "./small-host.ts";

// The command line as it is, with a small coordinator where it hosts one.
process.exit(await runCommandLine(process.argv.slice(2), startSmallHost));
