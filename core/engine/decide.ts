import { mapDifference } from "../base/persistent-map.ts";
import { approve, cancel, complete, pause, resume, retry, skip, start } from "./intents.ts";
import { assign, hearOfAttempt, ringTimer } from "./attempt-inputs.ts";
import type { Decision, Moment } from "./decision.ts";
import { follow } from "./follow.ts";
import { dueAt } from "./fold-timer.ts";
import type { RunInput } from "./input.ts";
import { RUN_PATH } from "../model/id.ts";
import type { NodeFailure } from "../model/run.ts";
import { rootOf } from "./records.ts";
import { isFinal, type RunState } from "./state.ts";
import { emit, type Refusal, type Turn } from "./turn.ts";

const MS_A_SECOND = 1_000;

/**
 * The engine: what an input means for a run. Pure and total: `next` is the fold of `events`, and an input that does not fit yields a
 * `refuse` command and nothing else. What cannot be evaluated fails its node; only a bug throws. Costs what changes, not what there is.
 */
export function decide(state: RunState, input: RunInput, moment: Moment): Decision {
  const turn: Turn = { moment, state, events: [], commands: [], work: [], keeping: null };
  const refusal = take(turn, input);
  if (refusal !== null) {
    const refuse = { kind: "refuse", input: input.kind, ...refusal } as const;
    return { next: state, events: [], commands: [refuse], queueChanged: false };
  }
  follow(turn);
  return toDecision(turn, state);
}

function take(turn: Turn, input: RunInput): Refusal {
  switch (input.kind) {
    case "start":
      return start(turn, input);
    case "assigned":
      return assign(turn, input);
    case "attempt-started":
    case "attempt-ended":
    case "attempt-lost":
    case "attempt-suspended":
    case "attempt-resumed":
    case "reported":
    case "provided":
      return hearOfAttempt(turn, input);
    case "timer":
      return ringTimer(turn, input.timer);
    case "pause":
      return pause(turn, input);
    case "resume":
      return resume(turn, input);
    case "cancel":
      return cancel(turn, input);
    case "retry":
      return retry(turn, input);
    case "skip":
      return skip(turn, input);
    case "complete":
      return complete(turn, input);
    case "approve":
      return approve(turn, input);
    case "collected":
      return collected(turn, input.failure);
    case "clock-stepped":
      return step(turn, input.ms);
    case "error":
      emit(turn, RUN_PATH, { kind: "error" }, input.message);
      return null;
  }
}

function collected(turn: Turn, failure: NodeFailure | null): Refusal {
  if (turn.state.collection?.state !== "pending")
    return { code: "wrong-state", message: "nothing is being brought home" };
  emit(turn, RUN_PATH, { kind: "collected", failure }, failure?.message ?? "every file of collect is in its place");
  return null;
}

/** What the run waits for comes after as long a wait as before. */
function step(turn: Turn, ms: number): Refusal {
  if (!(ms > 0)) return { code: "invalid", message: `expected a clock that is ahead, found ${ms} ms` };
  if (isFinal(rootOf(turn.state).state)) return null;
  const seconds = Math.round(ms / MS_A_SECOND);
  const reason = `the clock of the app's machine jumped ahead by ${seconds} s, or the machine slept; what is waited for goes on where it was`;
  emit(turn, RUN_PATH, { kind: "stepped", ms }, reason);
  return null;
}

function toDecision(turn: Turn, before: RunState): Decision {
  const next = turn.state;
  const wasHeld = rootOf(before).hold !== null;
  const holdsChanged = turn.events.some(({ data }) => data["kind"] === "held" || data["kind"] === "released");
  const queueChanged = before.queue !== next.queue || holdsChanged || wasHeld !== (rootOf(next).hold !== null);
  return { next, events: turn.events, commands: [...turn.commands, ...timerCommands(before, next)], queueChanged };
}

/** Timers are told by what became of them in all, not step by step. */
function timerCommands(before: RunState, next: RunState): Decision["commands"] {
  const isOver = isFinal(rootOf(next).state);
  return mapDifference(before.timers, next.timers).flatMap((timer): Decision["commands"] => {
    const at = isOver ? null : dueAt(next, timer);
    if (at !== null) return at === dueAt(before, timer) ? [] : [{ kind: "timer", timer, at }];
    return dueAt(before, timer) === null ? [] : [{ kind: "cancel-timer", timer }];
  });
}
