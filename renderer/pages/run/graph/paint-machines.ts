import type { Box } from "#core/view/layout.ts";
import type { MachineLook } from "#core/view/machine.ts";
import type { CanvasColours } from "./colours.ts";

/** Narrower on screen and its colour is not seen. */
const MIN_STRIPE_PX = 3;
const STRIPE_WIDTH = 18;
/** How much of a stripe's pieces is drawn, by pattern: whole, dashed, dotted. */
const PIECES: readonly { readonly count: number; readonly share: number }[] = [
  { count: 1, share: 1 },
  { count: 3, share: 0.66 },
  { count: 6, share: 0.5 },
];

/** A card's left edge in the colour of the machine that has it, set off from the colour of its state. */
export function paintMachine(
  context: CanvasRenderingContext2D,
  box: Box,
  look: MachineLook,
  { colours, zoom }: { readonly colours: CanvasColours; readonly zoom: number },
): void {
  const width = Math.min(Math.max(STRIPE_WIDTH, MIN_STRIPE_PX / zoom), box.width / 3);
  context.fillStyle = colours.ground;
  context.fillRect(box.x, box.y, width + Math.min(1 / zoom, width / 2), box.height);
  context.fillStyle = colours.machines[look.hue] ?? colours.line;
  const { count, share } = PIECES[look.pattern] ?? { count: 1, share: 1 };
  const step = box.height / count;
  for (let piece = 0; piece < count; piece += 1) context.fillRect(box.x, box.y + piece * step, width, step * share);
}
