import { contextBridge, ipcRenderer } from "electron";
import type { LanweaveBridge } from "#core/ipc/bridge.ts";
import { MAX_FRAME_BYTES, isFrameWithinLimit } from "#core/ipc/frame-limit.ts";
import { FRAME_CHANNEL, OPEN_CHANNEL } from "./channel.ts";

// Runs in the sandbox, in a world of its own. Whatever the page could do with Electron's objects it must not reach:
// it gets strings in and strings out, never an event, a channel name or `ipcRenderer` itself.

let isOpen = false;

/** The session begins at first use: a page that never talks costs the coordinator nothing. */
function open(): void {
  if (isOpen) return;
  isOpen = true;
  ipcRenderer.send(OPEN_CHANNEL);
}

const bridge: LanweaveBridge = {
  version: 1,
  platform: process.platform,
  send: (frame) => {
    if (typeof frame !== "string") throw new TypeError(`expected a frame as a string, found ${typeof frame}`);
    if (!isFrameWithinLimit(frame)) throw new RangeError(`expected a frame of at most ${MAX_FRAME_BYTES} bytes`);
    open();
    ipcRenderer.send(FRAME_CHANNEL, frame);
  },
  onFrame: (listener) => {
    if (typeof listener !== "function") throw new TypeError(`expected a function, found ${typeof listener}`);
    const receive = (_event: unknown, frame: unknown): void => {
      if (typeof frame === "string") listener(frame);
    };
    ipcRenderer.on(FRAME_CHANNEL, receive);
    open();
    return () => {
      ipcRenderer.removeListener(FRAME_CHANNEL, receive);
    };
  },
};

contextBridge.exposeInMainWorld("lanweave", bridge);
