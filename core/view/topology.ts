/** A point on the map, from its top left corner. Pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the app and its machines stand. */
export interface Topology {
  readonly app: Point;
  /** In the order of the machines. */
  readonly machines: readonly Point[];
  readonly height: number;
}

/** The size of a machine on the map. Pixels. */
export const MACHINE_BOX = { width: 200, height: 92 } as const;
const GAP_PX = 24;
const APP_HEIGHT_PX = 64;
/** With more machines than this a ring has no room, and they stand in rows. */
const MAX_RING = 8;
/** Narrower maps have no room for a ring. */
const MIN_RING_WIDTH_PX = 760;

/** Few machines stand around the app, many in rows below it. */
export function topologyOf(count: number, width: number): Topology {
  if (count <= MAX_RING && width >= MIN_RING_WIDTH_PX) return ring(count, width);
  const columns = Math.max(1, Math.floor((width - GAP_PX) / (MACHINE_BOX.width + GAP_PX)));
  const inRow = Math.min(columns, Math.max(count, 1));
  const rowWidth = inRow * (MACHINE_BOX.width + GAP_PX) - GAP_PX;
  const top = GAP_PX + APP_HEIGHT_PX + 2 * GAP_PX;
  const machines = Array.from({ length: count }, (_, index) => ({
    x: (width - rowWidth) / 2 + (index % columns) * (MACHINE_BOX.width + GAP_PX) + MACHINE_BOX.width / 2,
    y: top + Math.floor(index / columns) * (MACHINE_BOX.height + GAP_PX) + MACHINE_BOX.height / 2,
  }));
  const rows = Math.max(1, Math.ceil(count / columns));
  return {
    app: { x: width / 2, y: GAP_PX + APP_HEIGHT_PX / 2 },
    machines,
    height: top + rows * (MACHINE_BOX.height + GAP_PX),
  };
}

function ring(count: number, width: number): Topology {
  const height = 3 * MACHINE_BOX.height + 6 * GAP_PX;
  const app = { x: width / 2, y: height / 2 };
  const across = Math.min(width / 2 - MACHINE_BOX.width / 2 - GAP_PX, 420);
  const down = height / 2 - MACHINE_BOX.height / 2 - GAP_PX;
  const machines = Array.from({ length: count }, (_, index) => {
    // The first stands to the left; two face each other.
    const angle = Math.PI + (2 * Math.PI * index) / count;
    return { x: app.x + across * Math.cos(angle), y: app.y + down * Math.sin(angle) };
  });
  return { app, machines, height };
}
