import { readFileSync, writeFileSync } from "node:fs";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  readonly bounds: Rectangle;
  readonly isMaximized: boolean;
}

const DEFAULT_SIZE = { width: 1_280, height: 800 };
export const MIN_SIZE = { width: 480, height: 360 };
/** How much of the window must be on a screen for it to be found again. */
const MIN_VISIBLE_PIXELS = 80;

/** Where the window was left, made to fit the screens there are now; in the middle of the first one when it fits none. */
export function restoredState(text: string | undefined, screens: readonly Rectangle[]): WindowState {
  const saved = text === undefined ? undefined : parseWindowState(text);
  if (saved !== undefined && screens.some((screen) => isReachable(saved.bounds, screen))) return saved;
  return { bounds: centred(screens[0] ?? { x: 0, y: 0, ...DEFAULT_SIZE }), isMaximized: saved?.isMaximized ?? false };
}

/** Undefined for anything that is not a whole window state: a damaged file is as good as none. */
export function parseWindowState(text: string): WindowState | undefined {
  const data = parseJson(text);
  if (!isRecord(data) || !isRecord(data["bounds"])) return undefined;
  const { x, y, width, height } = data["bounds"];
  if (!isPixels(x) || !isPixels(y) || !isPixels(width) || !isPixels(height)) return undefined;
  if (width < MIN_SIZE.width || height < MIN_SIZE.height) return undefined;
  return { bounds: { x, y, width, height }, isMaximized: data["isMaximized"] === true };
}

export function readWindowState(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The first start, or a file that cannot be read: the window opens where every new window does.
    return undefined;
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(file, JSON.stringify(state));
}

function isReachable(bounds: Rectangle, screen: Rectangle): boolean {
  const right = Math.min(bounds.x + bounds.width, screen.x + screen.width);
  const visibleWidth = right - Math.max(bounds.x, screen.x);
  // Its upper edge is what a person takes hold of.
  return (
    visibleWidth >= MIN_VISIBLE_PIXELS &&
    bounds.y >= screen.y &&
    bounds.y <= screen.y + screen.height - MIN_VISIBLE_PIXELS
  );
}

function centred(screen: Rectangle): Rectangle {
  const width = Math.min(DEFAULT_SIZE.width, screen.width);
  const height = Math.min(DEFAULT_SIZE.height, screen.height);
  const x = screen.x + Math.round((screen.width - width) / 2);
  const y = screen.y + Math.round((screen.height - height) / 2);
  return { x, y, width, height };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short by a crash while it was written: treated as not there.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isPixels(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
