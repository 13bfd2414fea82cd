import type { Command } from "commander";
import type { CoordinatorHost, HostOptions } from "../host/session.ts";
import { dataFolderPath } from "../host/data-folder.ts";
import type { CommandError, ExitCode } from "./command-error.ts";
import { EXIT, toCommandError } from "./command-error.ts";
import { Output } from "./output.ts";

/** How this process starts a coordinator of its own. */
export type StartHost = (options: HostOptions) => Promise<CoordinatorHost>;

/** What every command accepts. */
export interface CommonOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface CommandContext {
  readonly output: Output;
  readonly dataDir: string;
  readonly startHost: StartHost;
}

/** One call of the command line: gives commands their surroundings, and makes an exit code of how they end. */
export class Invocation {
  exitCode: ExitCode = EXIT.done;
  readonly #startHost: StartHost;

  constructor(startHost: StartHost) {
    this.#startHost = startHost;
  }

  async run(options: CommonOptions, command: (context: CommandContext) => Promise<ExitCode>): Promise<void> {
    const output = new Output(options.json === true);
    try {
      const dataDir = dataFolderPath(options.data);
      this.exitCode = await command({ output, dataDir, startHost: this.#startHost });
    } catch (error) {
      this.exitCode = tellError(output, toCommandError(error));
    }
    await output.flush();
  }
}

/** Tells how a command failed, in the form it was asked for. */
export function tellError(output: Output, error: CommandError): ExitCode {
  output.record({ kind: "error", code: error.code, message: error.message });
  output.note(`lanweave: ${error.message}`);
  return error.exitCode;
}

/** Adds the options every command has. */
export function withCommon(command: Command): Command {
  return command
    .option("--data <dir>", "the data folder (default: LANWEAVE_DATA, or the system's place for it)")
    .option("--json", "print one JSON object a line on stdout, and nothing else");
}
