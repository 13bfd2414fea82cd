/** Which rows of a long list are drawn: `first` up to but not `end`, and the room above and below in pixels. */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
  readonly aboveHeight: number;
  readonly belowHeight: number;
}

const OVERSCAN_ROWS = 12;

/** The rows to draw of `count` rows of `rowHeight` pixels, seen through a box of `height` pixels scrolled by `scrollTop`. */
export function rowWindow(count: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.min(Math.max(Math.floor(scrollTop / rowHeight) - OVERSCAN_ROWS, 0), count);
  const end = Math.min(Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN_ROWS, count);
  return { first, end, aboveHeight: first * rowHeight, belowHeight: Math.max(count - end, 0) * rowHeight };
}
