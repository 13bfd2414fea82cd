import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CancelSignal } from "#core/base/cancel.ts";
import { whyBadFileName } from "#core/model/file-name.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { AppId, RunId } from "#core/model/id.ts";
import { isDiskFull } from "#system/disk-full.ts";
import { AttemptError, codeOf } from "./errors.ts";
import type { AttemptFiles } from "./ports.ts";

/** Files brought at once for one attempt. */
const BRING_AT_ONCE = 4;

/** Puts an attempt's input files into its working directory. Once this is over, well or not, nothing more comes into it. */
export async function placeInputs(
  files: AttemptFiles,
  { app, run }: { readonly app: AppId; readonly run: RunId },
  inputs: readonly InputFile[],
  work: string,
  signal: CancelSignal,
): Promise<void> {
  const waiting = namedOnce(inputs);
  const release = files.hold(
    app,
    run,
    waiting.map(({ sha256 }) => sha256),
  );
  const failures: AttemptError[] = [];
  const stop = new AbortController();
  const cancel = (): void => stop.abort();
  const bringSome = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !stop.signal.aborted; file = waiting.shift()) {
      try {
        const to = join(work, file.name);
        await mkdir(dirname(to), { recursive: true });
        await files.bring(app, file, to, stop.signal);
      } catch (error) {
        failures.push(toInputsError(error));
        cancel();
      }
    }
  };
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  await Promise.all(Array.from({ length: Math.min(BRING_AT_ONCE, inputs.length) }, bringSome));
  signal.removeEventListener("abort", cancel);
  release();
  const [first] = failures;
  if (first !== undefined) throw first;
}

function toInputsError(error: unknown): AttemptError {
  const message = error instanceof Error ? error.message : String(error);
  return new AttemptError(toCode(error), message, { cause: error });
}

/** What is of this machine, or of what the app believes of others, is no fault of the task's. */
function toCode(error: unknown): string {
  if (isDiskFull(error) || codeOf(error) === "disk-full") return "disk-full";
  const code = codeOf(error);
  if (code === "unreachable") return "unfetched";
  return code === "missing" ? "missing-file" : "inputs";
}

/** Throws an `AttemptError` when a name cannot be used, or two files have the same. */
function namedOnce(inputs: readonly InputFile[]): InputFile[] {
  const once = new Map<string, InputFile>();
  for (const file of inputs) {
    const { name, sha256 } = file;
    const why = whyBadFileName(name);
    if (why !== undefined)
      throw new AttemptError("inputs", `the input file ${JSON.stringify(name)} cannot be put in place: ${why}`);
    const other = once.get(name);
    if (other !== undefined && other.sha256 !== sha256) {
      throw new AttemptError("inputs", `two different input files have the name ${JSON.stringify(name)}`);
    }
    once.set(name, file);
  }
  return [...once.values()];
}
