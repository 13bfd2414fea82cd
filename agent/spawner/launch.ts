import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const SHELL = "/bin/sh";
/** What a shell sets for whoever it becomes. */
const SHELL_VARIABLES = ["PWD", "OLDPWD", "SHLVL"];

/** How a process is to be set up before it becomes its program. */
export interface Setup {
  /** The file to write 0 to; null: none. */
  readonly entrance: string | null;
  /** Null: none. */
  readonly mark: string | null;
  /** Of each process alone; 0: no limit. */
  readonly memoryBytes: number;
}

/** Why a program cannot be started, by the code the system would give. */
export class LaunchError extends Error {
  readonly code: "ENOENT" | "EACCES";

  constructor(code: "ENOENT" | "EACCES", program: string) {
    super(`spawn ${program} ${code}`);
    this.code = code;
  }
}

/** Whether there is a shell that can set up processes. */
export const CAN_SET_UP = process.platform === "linux" && existsSync(SHELL);

/**
 * The arguments with which a shell sets itself up and then becomes the program: the same process, so that nothing of it ever runs
 * outside its control group. Throws a `LaunchError`, since a shell would only say so in words.
 */
export function toLaunchArgv(
  { argv, folder, environment }: LaunchRequest,
  { entrance, mark, memoryBytes }: Setup,
): readonly string[] {
  const [program = "", ...rest] = argv;
  const path = findProgram(program, folder, environment["PATH"] ?? "");
  const unset = SHELL_VARIABLES.filter((name) => !(name in environment));
  const steps = [
    ...(entrance === null ? [] : [`{ echo 0 >"$1"; } 2>/dev/null`, "shift"]),
    // One shell calls it w, another one x. What is refused is done without.
    ...(mark === null ? [] : [`ulimit -w ${mark} 2>/dev/null || ulimit -x ${mark} 2>/dev/null || :`]),
    ...(memoryBytes === 0 ? [] : [`ulimit -d ${Math.ceil(memoryBytes / 1024)} 2>/dev/null || :`]),
    ...(unset.length === 0 ? [] : [`unset ${unset.join(" ")}`]),
    `exec "$@"`,
  ];
  // The name as it was given: programs call themselves by it. Only `exec` would take one for an option.
  const name = program.startsWith("-") ? path : program;
  return [SHELL, "-c", steps.join("\n"), "lanweave", ...(entrance === null ? [] : [entrance]), name, ...rest];
}

interface LaunchRequest {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** As `execvp` looks for it. */
function findProgram(program: string, folder: string, path: string): string {
  const places = program.includes("/") ? [resolve(folder, program)] : placesOn(path, folder, program);
  let code: "ENOENT" | "EACCES" = "ENOENT";
  for (const place of program === "" ? [] : places) {
    try {
      accessSync(place, constants.X_OK);
      if (statSync(place).isFile()) return place;
      code = "EACCES";
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      if (error.code === "EACCES") code = "EACCES";
      else if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    }
  }
  throw new LaunchError(code, program);
}

function placesOn(path: string, folder: string, program: string): readonly string[] {
  return path.split(delimiter).map((place) => join(resolve(folder, place), program));
}
