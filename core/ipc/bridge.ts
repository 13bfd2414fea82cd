/** What the window's page finds at `window.lanweave` in the desktop app: all of it, and nothing else. Rule DESK-2. */
export interface LanweaveBridge {
  readonly version: 1;
  /** `linux`, `darwin`, `win32`: for how keys are named and where the window's buttons are. */
  readonly platform: string;
  /** Sends one frame to the coordinator. Throws `TypeError` when it is no string, `RangeError` above `MAX_FRAME_BYTES`. */
  send(frame: string): void;
  /** Calls `listener` with every frame from the coordinator. Listen before the first `send`. The returned function ends it. */
  onFrame(listener: (frame: string) => void): () => void;
}
