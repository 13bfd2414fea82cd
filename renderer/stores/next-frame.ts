/** Calls back before the next paint; the returned function takes it back. */
export type NextFrame = (callback: () => void) => () => void;

/** A hidden page paints no frames, yet must not fall behind. */
const HIDDEN_DELAY_MS = 250;

export const nextPaint: NextFrame = (callback) => {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const run = (): void => {
    cancel();
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_DELAY_MS);
  return cancel;
};
