import type { AgentId, NodePath } from "#core/model/id.ts";
import type { NodeState } from "#core/model/run.ts";
import type { Gantt, GanttBar } from "#core/view/gantt.ts";
import type { CanvasColours } from "../graph/colours.ts";

/** Room for the names of machines. */
export const LABEL_PX = 150;
export const ROW_PX = 18;
const BAR_PX = 12;
const AXIS_PX = 26;
const LANE_GAP_PX = 14;
const MIN_ROWS_PX = 34;
const TICK_PX = 110;
const MS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];
/** Steps of the axis that people count in. Milliseconds. */
const STEPS_MS = [...MS, ...SECONDS.map((seconds) => seconds * 1_000)];

export interface LaneTops {
  /** Where each lane begins. */
  readonly lanes: readonly number[];
  readonly height: number;
}

/** What part of the time is seen. */
export interface TimeScale {
  readonly from: number;
  /** Milliseconds of a pixel. */
  readonly perPx: number;
}

export interface GanttPicture {
  readonly gantt: Gantt;
  readonly tops: LaneTops;
  readonly width: number;
  readonly scale: TimeScale;
  readonly colours: CanvasColours;
  readonly selected: NodePath | null;
  readonly critical: ReadonlySet<NodePath>;
  readonly hueOf: (agent: AgentId | null) => number | null;
}

export function laneTops(gantt: Gantt): LaneTops {
  const lanes: number[] = [];
  let top = AXIS_PX;
  for (const lane of gantt.lanes) {
    lanes.push(top);
    top += Math.max(lane.rows.length * ROW_PX, MIN_ROWS_PX) + LANE_GAP_PX;
  }
  return { lanes, height: top };
}

export function paintGantt(context: CanvasRenderingContext2D, picture: GanttPicture): void {
  const { gantt, tops, width, scale, colours, hueOf } = picture;
  context.clearRect(0, 0, width, tops.height);
  paintAxis(context, picture);
  const x = (time: number): number => LABEL_PX + (time - scale.from) / scale.perPx;
  for (const [index, lane] of gantt.lanes.entries()) {
    const top = tops.lanes[index] ?? 0;
    const hue = hueOf(lane.agent);
    const edge = hue === null ? colours.lineStrong : (colours.machines[hue] ?? colours.lineStrong);
    context.fillStyle = colours.line;
    context.fillRect(0, top - LANE_GAP_PX / 2, width, 1);
    for (const [row, bars] of lane.rows.entries())
      for (const bar of bars) paintBar(context, picture, bar, edge, x, top + row * ROW_PX + (ROW_PX - BAR_PX) / 2);
  }
}

function paintBar(
  context: CanvasRenderingContext2D,
  { width, colours, selected, critical }: GanttPicture,
  bar: GanttBar,
  edge: string,
  x: (time: number) => number,
  y: number,
): void {
  const left = Math.max(x(bar.start), LABEL_PX);
  const right = Math.min(x(bar.end), width);
  if (right < LABEL_PX || left > width) return;
  const waitLeft = Math.max(x(bar.wait), LABEL_PX);
  context.fillStyle = colours.lineStrong;
  if (left > waitLeft) context.fillRect(waitLeft, y + BAR_PX / 2 - 0.5, left - waitLeft, 1);
  const length = Math.max(right - left, 1.5);
  context.fillStyle = colours.marks[markOf(bar.state)];
  context.fillRect(left, y, length, BAR_PX);
  context.fillStyle = edge;
  context.fillRect(left, y, Math.min(3, length), BAR_PX);
  if (critical.has(bar.path)) {
    context.fillStyle = colours.text;
    context.fillRect(left, y + BAR_PX, length, 2);
  }
  if (bar.path !== selected) return;
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.strokeRect(left - 1, y - 1, length + 2, BAR_PX + 2);
}

function paintAxis(context: CanvasRenderingContext2D, { gantt, tops, width, scale, colours }: GanttPicture): void {
  const step = STEPS_MS.find((one) => one / scale.perPx >= TICK_PX) ?? 86_400_000;
  context.font = "11px system-ui, sans-serif";
  const first = Math.ceil((scale.from - gantt.start) / step) * step;
  for (let passed = first; ; passed += step) {
    const x = LABEL_PX + (gantt.start + passed - scale.from) / scale.perPx;
    if (x > width) break;
    context.fillStyle = colours.line;
    context.fillRect(x, 0, 1, tops.height);
    context.fillStyle = colours.textMuted;
    context.fillText(toTick(passed, step), x + 4, 16);
  }
}

function toTick(ms: number, step: number): string {
  if (step < 1_000) return `${(ms / 1_000).toFixed(step < 10 ? 3 : step < 100 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function markOf(state: NodeState): keyof CanvasColours["marks"] {
  return state === "idle" ? "blocked" : state;
}

/** The bar under a point of the picture, or null. */
export function barAt(gantt: Gantt, tops: LaneTops, scale: TimeScale, x: number, y: number): GanttBar | null {
  const time = scale.from + (x - LABEL_PX) * scale.perPx;
  const slack = 2 * scale.perPx;
  for (const [index, lane] of gantt.lanes.entries()) {
    const row = Math.floor((y - (tops.lanes[index] ?? 0)) / ROW_PX);
    const found = lane.rows[row]?.find((bar) => bar.start - slack <= time && time <= bar.end + slack);
    if (found !== undefined) return found;
  }
  return null;
}
