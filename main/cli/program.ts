import { Command, CommanderError } from "commander";
import { addAgents } from "./agents.ts";
import { addApp } from "./app.ts";
import { addApprove } from "./approve.ts";
import { addBench } from "./bench.ts";
import { addCancel } from "./cancel.ts";
import type { ExitCode } from "./command-error.ts";
import { CommandError, EXIT } from "./command-error.ts";
import type { StartHost } from "./command.ts";
import { Invocation, tellError } from "./command.ts";
import { addComplete } from "./complete.ts";
import { addDoctor } from "./doctor.ts";
import { addDrain } from "./drain.ts";
import { addEvents } from "./events.ts";
import { addFork } from "./fork.ts";
import { addGraph } from "./graph.ts";
import { addLogs } from "./logs.ts";
import { Output } from "./output.ts";
import { addPair } from "./pair.ts";
import { addPause } from "./pause.ts";
import { productVersion } from "../host/product.ts";
import { addResume } from "./resume.ts";
import { addRetry } from "./retry.ts";
import { addRun } from "./run.ts";
import { addRuns } from "./runs.ts";
import { addServe } from "./serve.ts";
import { addShow } from "./show.ts";
import { addSkip } from "./skip.ts";
import { addSnapshot } from "./snapshot.ts";
import { addSnapshots } from "./snapshots.ts";
import { addUnpair } from "./unpair.ts";
import { addValidate } from "./validate.ts";

const EXIT_CODES =
  "Exit codes: 0 done; 1 the workflow failed; 2 wrong use or an invalid file; 3 nothing to talk to; 4 cancelled; 130 interrupted.";

/** Runs one command line and returns its exit code. `words` is what follows the program's name. Never throws. */
export async function runCommandLine(words: readonly string[], startHost: StartHost): Promise<ExitCode> {
  const invocation = new Invocation(startHost);
  const program = createProgram(invocation);
  try {
    await program.parseAsync([...words], { from: "user" });
    return invocation.exitCode;
  } catch (error) {
    return endWith(error, words);
  }
}

function createProgram(invocation: Invocation): Command {
  const program = new Command("lanweave")
    .description("Turns the machines of a LAN into one workflow engine.")
    .version(productVersion())
    .exitOverride()
    .showSuggestionAfterError()
    // Errors are told by `endWith`, in the form the command line asks for.
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", `\n${EXIT_CODES}`);
  const groups: readonly [string, readonly ((program: Command, invocation: Invocation) => void)[]][] = [
    ["Workflows:", [addRun, addValidate, addGraph]],
    ["Runs:", [addRuns, addShow, addEvents, addLogs]],
    ["Points in time:", [addSnapshot, addSnapshots, addFork]],
    ["Steering a run:", [addPause, addResume, addCancel, addRetry, addSkip, addComplete, addApprove]],
    ["Machines:", [addAgents, addPair, addUnpair, addDrain, addAgent]],
    ["The app:", [addServe, addApp, addDoctor, addBench]],
  ];
  for (const [heading, commands] of groups) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, invocation);
  }
  return program;
}

/** Listed here, but another program: `bin/lanweave.js` starts it. */
function addAgent(program: Command): void {
  program
    .command("agent")
    .description("be an agent: do work for the apps this machine is paired with")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CommandError("usage", "the agent is a program of its own: start it as lanweave agent");
    });
}

function endWith(error: unknown, words: readonly string[]): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
  const output = new Output(words.includes("--json"));
  if (error instanceof CommandError) return tellError(output, error);
  const isUsage = error instanceof CommanderError;
  // Called without a command, the help was shown already.
  if (isUsage && error.code === "commander.help") return EXIT.usage;
  const message = error instanceof Error ? error.message.replace(/^error: /, "").replaceAll("\n", " ") : String(error);
  return tellError(output, new CommandError(isUsage ? "usage" : "internal", message));
}
