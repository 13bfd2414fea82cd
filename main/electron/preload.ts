import { contextBridge, ipcRenderer } from "electron";
import type { LanweaveBridge } from "#core/ipc/bridge.ts";
import { MAX_FRAME_BYTES, isFrameWithinLimit } from "#core/ipc/frame-limit.ts";
import { FRAME_CHANNEL, OPEN_CHANNEL, TAKEN_CHANNEL } from "./channel.ts";

// Runs in the sandbox, in a world of its own. Whatever the page could do with Electron's objects it must not reach:
// it gets strings in and strings out, never an event, a channel name or `ipcRenderer` itself.

type FrameListener = (frame: string) => void;

const listeners = new Set<FrameListener>();
let isOpen = false;

/** The session begins at first use: a page that never talks costs the coordinator nothing. */
function open(): void {
  if (isOpen) return;
  isOpen = true;
  ipcRenderer.on(FRAME_CHANNEL, (_event, frame: unknown) => {
    if (typeof frame !== "string") return;
    // Said before the listeners run: one that throws must not look like a page that takes nothing.
    ipcRenderer.send(TAKEN_CHANNEL, frame.length);
    for (const listener of listeners) listener(frame);
  });
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
    // A function of its own each time: the same listener may listen twice.
    const receive: FrameListener = (frame) => listener(frame);
    listeners.add(receive);
    open();
    return () => {
      listeners.delete(receive);
    };
  },
};

contextBridge.exposeInMainWorld("lanweave", bridge);
