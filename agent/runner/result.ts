import { hasFiniteNumbers, isDeeperThan, type Json } from "#core/base/json.ts";
import { MAX_JSON_DEPTH, MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import { AttemptError } from "./errors.ts";

/** How what a task printed becomes its result. */
export type ResultMode = "text" | "json" | "lines" | "none";

const SHOWN_LENGTH = 120;

/** Where a result was found, in words. */
export type ResultPlace = "on stdout" | "in the answer";

/**
 * The result of a task, from what it printed or was answered. `isCut`: there was more than was kept. Throws an `AttemptError` that says
 * what was expected and found. Rules FILE-9, NODE-11.
 */
export function toResult(bytes: Uint8Array, isCut: boolean, mode: ResultMode, place: ResultPlace = "on stdout"): Json {
  if (mode === "none") return null;
  if (isCut) throw tooLarge(`there was more ${place}`);
  const text = new TextDecoder().decode(bytes);
  return checkResult(parse(text, mode, place));
}

/** A result as it may leave this machine. Throws an `AttemptError` that says why one may not. Rule NODE-11. */
export function checkResult(result: Json): Json {
  // First: what is nested deeper can neither be written as JSON nor checked by who receives it.
  if (isDeeperThan(result, MAX_JSON_DEPTH)) throw tooDeep();
  if (!hasFiniteNumbers(result)) throw new AttemptError("result", INFINITE);
  const sizeBytes = Buffer.byteLength(JSON.stringify(result));
  if (sizeBytes > MAX_RESULT_BYTES) throw tooLarge(`as JSON it has ${sizeBytes} bytes`);
  return result;
}

const INFINITE =
  "a number of the result is too large (as 1e999 is): expected numbers up to 1.7e308, since JSON has no infinity; give it as text";

function parse(text: string, mode: "text" | "json" | "lines", place: ResultPlace): Json {
  // As in the shell's own `$( … )`: newlines at the end are not part of what was meant.
  const trimmed = text.replace(/[\r\n]+$/, "");
  if (mode === "text") return trimmed;
  if (mode === "lines") return trimmed === "" ? [] : trimmed.split(/\r?\n/);
  return parseJson(text, place);
}

function parseJson(text: string, place: ResultPlace): Json {
  const expected = `expected JSON ${place} (result: json)`;
  if (text.trim() === "") throw new AttemptError("result", `${expected}, found nothing`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    // The parser's own stack has an end, too.
    if (error instanceof RangeError) throw tooDeep();
    const shown = JSON.stringify(text.slice(0, SHOWN_LENGTH));
    const why = error instanceof Error ? error.message : String(error);
    throw new AttemptError("result", `${expected}, found ${shown}: ${why}`, { cause: error });
  }
}

function tooDeep(): AttemptError {
  return new AttemptError(
    "result",
    `a result may be nested at most ${MAX_JSON_DEPTH} levels deep, and this one is deeper; print it flatter, or write it to a file and name that in files.out`,
  );
}

export function tooLarge(found: string): AttemptError {
  return new AttemptError(
    "result-too-large",
    `expected a result of at most ${MAX_RESULT_BYTES} bytes, but ${found}; write it to a file and name that in files.out, or set result: none`,
  );
}
