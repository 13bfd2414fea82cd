import type { TestEvent } from "node:test/reporters";

// A reporter of node:test: one JSON line for every test that begins and one for every test that ends, read by scripts/test-file.ts.

/** A test that began or ended. Suites, and tests that failed only through tests inside them, are left out: those tell all. */
export interface TestLine {
  readonly id: number;
  /** When it ended, with the names of the suites and tests it is in. */
  readonly name: string;
  readonly outcome: "begun" | "passed" | "failed" | "skipped";
  /** Why it failed or was skipped, for people. */
  readonly text: string;
}

type Ended = Extract<TestEvent, { type: "test:pass" | "test:fail" }>;

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  /** Names of what has begun and not ended, by nesting: what is inside is told before its parent's end. */
  const trail: string[] = [];
  for await (const event of events) {
    if (event.type === "test:start") trail.splice(event.data.nesting, trail.length, event.data.name);
    const line = toLine(event, trail);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

function toLine(event: TestEvent, trail: readonly string[]): TestLine | undefined {
  if (event.type === "test:dequeue" && event.data.type === "test") {
    return { id: event.data.testId, name: event.data.name, outcome: "begun", text: "" };
  }
  if ((event.type !== "test:pass" && event.type !== "test:fail") || isToldByOthers(event)) return undefined;
  const { data } = event;
  const name = [...trail.slice(0, data.nesting), data.name].join(" › ");
  return { id: data.testId, name, ...outcomeOf(event) };
}

/** A suite says nothing of its own unless a hook of it fails; nor does a test that failed only through tests inside it. */
function isToldByOthers(event: Ended): boolean {
  if (event.type === "test:pass") return event.data.details.type === "suite";
  const { error } = event.data.details;
  return "failureType" in error && error.failureType === "subtestsFailed";
}

function outcomeOf(event: Ended): Pick<TestLine, "outcome" | "text"> {
  const skip = event.data.skip ?? event.data.todo;
  if (skip !== undefined && skip !== false) return { outcome: "skipped", text: skip === true ? "" : skip };
  if (event.type === "test:pass") return { outcome: "passed", text: "" };
  return { outcome: "failed", text: describe(event.data.details.error) };
}

/** The runner wraps what a test threw: the cause is what the reader wants, without the runner's own frames. */
function describe(error: Error): string {
  const { cause } = error;
  if (!(cause instanceof Error)) return typeof cause === "string" ? cause : error.message;
  const stack = cause.stack ?? "";
  const text = stack.includes(cause.message) ? stack : `${cause.message}\n${stack}`;
  return text.replaceAll(/\n +at [^\n]*node:internal[^\n]*/g, "");
}
