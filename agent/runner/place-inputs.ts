import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CancelSignal } from "#core/base/cancel.ts";
import { whyBadFileName } from "#core/model/file-name.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { AppId } from "#core/model/id.ts";
import { AttemptError } from "./errors.ts";
import type { AttemptFiles } from "./ports.ts";

/** Files brought at once for one attempt. */
const BRING_AT_ONCE = 4;

/** Puts an attempt's input files into its working directory. Once this is over, well or not, nothing more comes into it. */
export async function placeInputs(
  files: AttemptFiles,
  app: AppId,
  inputs: readonly InputFile[],
  work: string,
  signal: CancelSignal,
): Promise<void> {
  checkNames(inputs);
  const waiting = [...inputs];
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
  const [first] = failures;
  if (first !== undefined) throw first;
}

function toInputsError(error: unknown): AttemptError {
  return new AttemptError("inputs", error instanceof Error ? error.message : String(error), { cause: error });
}

function checkNames(inputs: readonly InputFile[]): void {
  const seen = new Map<string, string>();
  for (const { name, sha256 } of inputs) {
    const why = whyBadFileName(name);
    if (why !== undefined)
      throw new AttemptError("inputs", `the input file ${JSON.stringify(name)} cannot be put in place: ${why}`);
    const other = seen.get(name);
    if (other !== undefined && other !== sha256) {
      throw new AttemptError("inputs", `two different input files have the name ${JSON.stringify(name)}`);
    }
    seen.set(name, sha256);
  }
}
