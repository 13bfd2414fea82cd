import { MACHINE_HUES } from "#core/view/machine.ts";
import type { Mark } from "#core/view/mark.ts";

/** Resolved colours for a canvas, read from the tokens at the place where the canvas lies. */
export interface CanvasColours {
  readonly ground: string;
  readonly surface: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly textMuted: string;
  readonly accent: string;
  readonly markInk: string;
  readonly edge: string;
  readonly frame: string;
  /** By hue. */
  readonly machines: readonly string[];
  readonly marks: Readonly<Record<Mark, string>>;
}

export function readColours(element: Element): CanvasColours {
  const style = getComputedStyle(element);
  const read = (token: string): string => style.getPropertyValue(`--${token}`);
  return {
    ground: read("ground"),
    surface: read("surface"),
    line: read("line"),
    lineStrong: read("line-strong"),
    text: read("text"),
    textMuted: read("text-muted"),
    accent: read("accent"),
    markInk: read("mark-ink"),
    edge: read("edge"),
    frame: read("frame"),
    machines: Array.from({ length: MACHINE_HUES }, (_, hue) => read(`machine-${hue}`)),
    marks: {
      blocked: read("state-blocked"),
      held: read("state-blocked"),
      queued: read("state-queued"),
      backoff: read("state-queued"),
      asking: read("state-queued"),
      running: read("state-running"),
      suspended: read("state-suspended"),
      completed: read("state-completed"),
      failed: read("state-failed"),
      skipped: read("state-skipped"),
      cancelled: read("state-cancelled"),
    },
  };
}
