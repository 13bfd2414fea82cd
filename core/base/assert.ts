/** A broken assumption of our own code: a bug, never bad input. Ends the one run or request it happened in. */
export class AssertionError extends Error {
  readonly code = "assertion";
}

/** Throws `AssertionError` when `condition` is false. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends a `switch` over a union: a member without a case is a compile error, and an `AssertionError` if one gets through. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value ${JSON.stringify(value)}`);
}

/** The value, or an `AssertionError` that names what was missing. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionError(`${what} is missing`);
  return value;
}
