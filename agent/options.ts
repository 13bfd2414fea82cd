import { hostname } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseSize } from "#core/workflow-file/units.ts";
import { cleanName } from "#core/pairing/messages.ts";
import { MAX_OUTPUT_BYTES } from "#core/protocol/limits.ts";

const MAX_SLOTS = 1_024;
const MIN_OUTPUT_BYTES = 64 * 1024;
const MIN_STORE_BYTES = 1024 * 1024;
/** Left free on the disk unless the agent is told otherwise: one that fills it would take the machine down with it. */
const MIN_FREE_BYTES = 256 * 1024 * 1024;

/** What the command line asks for. */
export interface AgentOptions {
  readonly name: string;
  readonly labels: readonly string[];
  /** Null: one a CPU. */
  readonly slots: number | null;
  /** 0: the default ports, or free ones. */
  readonly port: number;
  readonly data: string | undefined;
  readonly stopWhenCutOff: boolean;
  readonly json: boolean;
  readonly pairFromStdin: boolean;
  readonly advertise: boolean;
  /** Null: every interface. */
  readonly host: string | null;
  /** Whether attempts run in control groups where that can be. */
  readonly cgroups: boolean;
  readonly maxOutputBytes: number;
  /** Null: half of the disk. */
  readonly storeLimitBytes: number | null;
  readonly keepFreeBytes: number;
  readonly logLevel: string;
}

/** Reads the words after the program's name. Throws a `CommanderError` on wrong use and after `--help`. */
export function parseOptions(words: readonly string[]): AgentOptions {
  const command = new Command("lanweave agent")
    .description("Be an agent: do work for the apps this machine is paired with.")
    .option("--name <name>", "what people call this machine", hostname())
    .option("--label <label>", "something workflows can ask for (repeatable)", addLabel, [])
    .option("--slots <number>", "how many processes run at once (default: one a CPU)", wholeNumber(1, MAX_SLOTS))
    .option(
      "--port <port>",
      "the front door; the link is one above (default: 7420, or free ones)",
      wholeNumber(0, 65_534),
      0,
    )
    .option("--data <folder>", "where it keeps its key, pairings and files")
    .option("--host <address>", "listen at this address only (default: every interface)")
    .option(
      "--store-limit <size>",
      "what files of runs may take in sum (default: half of the disk)",
      sizeOf(MIN_STORE_BYTES),
    )
    .option("--keep-free <size>", "left free on the disk: nothing is taken below that (default: 256MiB)", sizeOf(0))
    .option("--stop-when-cut-off", "end an app's work when the app is out of reach, instead of going on", false)
    .option("--no-advertise", "do not make it known on the network")
    .option("--no-cgroups", "do not use the control groups of Linux, even where it could")
    .option("--json", "print one JSON object a line", false)
    .addOption(
      new Option("--pair-from-stdin", "read the pairing code from stdin as JSON; end when stdin closes").hideHelp(),
    )
    .addOption(
      new Option("--max-output <bytes>", "output kept of one attempt")
        .argParser(wholeNumber(MIN_OUTPUT_BYTES, MAX_OUTPUT_BYTES))
        .default(MAX_OUTPUT_BYTES),
    )
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error"]).default("info"))
    .addHelpText(
      "after",
      "\nWho may run things here:  lanweave agent apps\nEnd a pairing from here:   lanweave agent forget APP",
    )
    .allowExcessArguments(false)
    .exitOverride();
  const options = command.parse([...words], { from: "user" }).opts<RawOptions>();
  return {
    name: cleanName(options.name) || hostname(),
    labels: options.label,
    slots: options.slots ?? null,
    port: options.port,
    data: options.data,
    stopWhenCutOff: options.stopWhenCutOff,
    json: options.json,
    pairFromStdin: options.pairFromStdin === true,
    advertise: options.advertise,
    host: options.host ?? null,
    cgroups: options.cgroups,
    maxOutputBytes: options.maxOutput,
    storeLimitBytes: options.storeLimit ?? null,
    keepFreeBytes: options.keepFree ?? MIN_FREE_BYTES,
    logLevel: options.logLevel,
  };
}

interface RawOptions {
  name: string;
  label: string[];
  slots?: number;
  port: number;
  data?: string;
  host?: string;
  stopWhenCutOff: boolean;
  advertise: boolean;
  cgroups: boolean;
  json: boolean;
  pairFromStdin?: boolean;
  maxOutput: number;
  storeLimit?: number;
  keepFree?: number;
  logLevel: string;
}

function addLabel(label: string, earlier: string[]): string[] {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,63}$/u.test(label)) {
    throw new InvalidArgumentError("expected letters, digits, and . _ : - between them, at most 64.");
  }
  if (earlier.length >= 256) throw new InvalidArgumentError("expected at most 256 labels.");
  return [...earlier, label];
}

function sizeOf(minimumBytes: number): (text: string) => number {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes !== null && bytes >= minimumBytes) return bytes;
    throw new InvalidArgumentError(`expected a size such as 20GiB or 512MiB, at least ${minimumBytes} bytes.`);
  };
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}.`);
  };
}
